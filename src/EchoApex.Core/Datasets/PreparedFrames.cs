namespace EchoApex.Core.Datasets;

/// <summary>Sector frames with where they come from.</summary>
/// <param name="Frames">The frames.</param>
/// <param name="Indices">The frame of the clip that each one is.</param>
/// <param name="PixelWidth">Columns of the clip that a column of the frames spans.</param>
/// <param name="PixelHeight">Rows of the clip that a row of the frames spans.</param>
internal sealed record PreparedFrames(SectorFrames Frames, IReadOnlyList<int> Indices, double PixelWidth, double PixelHeight);
