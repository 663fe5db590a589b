namespace EchoApex.Core.Phantoms;

/// <summary>The samples of one clip before scan conversion: ranges x beams, row by row. Lengths in cm from the point where beams meet.</summary>
internal sealed class PolarGrid
{
    private const int BaseRanges = 128;
    private const int BaseBeams = 72;
    private const int BaseImageSize = 128;

    public PolarGrid(int imageSize, double halfAngle, double minimumRadius, double depth)
    {
        Refinement = Math.Max(1, (double)imageSize / BaseImageSize);
        Ranges = (int)Math.Round(BaseRanges * Refinement);
        Beams = (int)Math.Round(BaseBeams * Refinement / 8) * 8;
        (HalfAngle, MinimumRadius, Depth) = (halfAngle, minimumRadius, depth);
        RangeStep = depth / (Ranges - 1);
        AngleStep = 2 * halfAngle / (Beams - 1);
        (X, Z) = (new float[Count], new float[Count]);
        for (int beam = 0; beam < Beams; beam++)
        {
            var (sin, cos) = Math.SinCos((beam * AngleStep) - halfAngle);
            for (int range = 0; range < Ranges; range++)
            {
                double radius = minimumRadius + (range * RangeStep);
                X[(range * Beams) + beam] = (float)(radius * sin);
                Z[(range * Beams) + beam] = (float)(radius * cos);
            }
        }
    }

    /// <summary>How much finer the grid is than that of small images.</summary>
    public double Refinement { get; }

    public int Ranges { get; }
    public int Beams { get; }
    public int Count => Ranges * Beams;
    public double HalfAngle { get; }
    public double MinimumRadius { get; }

    /// <summary>Depth of the image, from the probe's face.</summary>
    public double Depth { get; }

    public double RangeStep { get; }
    public double AngleStep { get; }

    /// <summary>Lateral position of each sample.</summary>
    public float[] X { get; }

    /// <summary>Axial position of each sample.</summary>
    public float[] Z { get; }

    /// <summary>Distance of a range from the probe's face.</summary>
    public double DepthAt(int range) => range * RangeStep;
}
