namespace EchoApex.Core.Datasets;

/// <summary>
/// One gray picture of an ultrasound sector: pixels outside the sector are exactly 0, pixels inside are 1 to 255, so the
/// picture carries its own mask.
/// </summary>
/// <param name="Pixels">Height x Width bytes, row by row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct SectorImage(ReadOnlyMemory<byte> Pixels, int Height, int Width);
