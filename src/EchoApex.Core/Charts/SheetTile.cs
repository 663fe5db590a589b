namespace EchoApex.Core.Charts;

/// <summary>One picture of a contact sheet.</summary>
/// <param name="Pixels">Pixels [Height, Width, Channels], row by row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">1 (gray) or 3 (red, green, blue).</param>
/// <param name="Caption">Text under the picture; empty for none.</param>
public sealed record SheetTile(ReadOnlyMemory<byte> Pixels, int Height, int Width, int Channels, string Caption = "");
