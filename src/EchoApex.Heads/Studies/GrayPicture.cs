namespace EchoApex.Heads.Studies;

/// <summary>The sector of a frame in gray, blank outside, so that it shows nobody's name.</summary>
/// <param name="Pixels">Height x Width bytes, row by row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="X">Left edge in the frame.</param>
/// <param name="Y">Top edge in the frame.</param>
public sealed record GrayPicture(ReadOnlyMemory<byte> Pixels, int Width, int Height, int X, int Y);
