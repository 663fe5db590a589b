namespace EchoApex.Core.Phantoms;

/// <summary>Scan conversion of one clip: for every pixel of the sector where it lies in the polar grid, computed once.</summary>
internal sealed class SectorMap
{
    private readonly int[] _pixels, _samples;
    private readonly float[] _rangeWeights, _beamWeights;
    private readonly int _beams;

    public SectorMap(PolarGrid grid, int imageSize, double fit, double place)
    {
        double sin = Math.Sin(grid.HalfAngle);
        double radius = grid.MinimumRadius + grid.Depth;
        double top = grid.MinimumRadius * Math.Cos(grid.HalfAngle);
        PixelsPerCm = fit * Math.Min(imageSize / (2 * radius * sin), imageSize / (radius - top));
        double spare = imageSize - ((radius - top) * PixelsPerCm);
        double apexX = (imageSize - 1) / 2.0;
        double apexY = (place * spare) - .5 - (top * PixelsPerCm);
        Sector = new PhantomSector(apexX, apexY, grid.HalfAngle, grid.MinimumRadius * PixelsPerCm, radius * PixelsPerCm);
        _beams = grid.Beams;

        int size = imageSize * imageSize;
        var (pixels, samples) = (new int[size], new int[size]);
        var (rangeWeights, beamWeights, x, z) = (new float[size], new float[size], new float[size], new float[size]);
        int count = 0;
        for (int row = 0; row < imageSize; row++)
        {
            double down = (row - apexY) / PixelsPerCm;
            for (int column = 0; column < imageSize; column++)
            {
                double across = (column - apexX) / PixelsPerCm;
                double distance = Math.Sqrt((across * across) + (down * down));
                double range = (distance - grid.MinimumRadius) / grid.RangeStep;
                if (range < 0 || range > grid.Ranges - 1 || down <= 0)
                {
                    continue;
                }

                double beam = (Math.Atan2(across, down) + grid.HalfAngle) / grid.AngleStep;
                if (beam < 0 || beam > grid.Beams - 1)
                {
                    continue;
                }

                int atRange = Math.Min((int)range, grid.Ranges - 2);
                int atBeam = Math.Min((int)beam, grid.Beams - 2);
                pixels[count] = (row * imageSize) + column;
                samples[count] = (atRange * grid.Beams) + atBeam;
                (rangeWeights[count], beamWeights[count]) = ((float)(range - atRange), (float)(beam - atBeam));
                (x[count], z[count]) = ((float)across, (float)down);
                count++;
            }
        }

        (_pixels, _samples) = (pixels[..count], samples[..count]);
        (_rangeWeights, _beamWeights, X, Z) = (rangeWeights[..count], beamWeights[..count], x[..count], z[..count]);
    }

    public double PixelsPerCm { get; }

    public PhantomSector Sector { get; }

    /// <summary>Lateral position of each pixel of the sector in cm.</summary>
    public float[] X { get; }

    /// <summary>Axial position of each pixel of the sector in cm.</summary>
    public float[] Z { get; }

    /// <summary>Draws the polar gray levels (0 .. 255) into an image; pixels outside the sector stay as they are.</summary>
    public void Draw(ReadOnlySpan<float> polar, Span<byte> image)
    {
        for (int i = 0; i < _pixels.Length; i++)
        {
            int sample = _samples[i];
            float across = _beamWeights[i];
            float near = polar[sample] + (across * (polar[sample + 1] - polar[sample]));
            float far = polar[sample + _beams] + (across * (polar[sample + _beams + 1] - polar[sample + _beams]));
            image[_pixels[i]] = (byte)(near + (_rangeWeights[i] * (far - near)) + .5f);
        }
    }

    /// <summary>Draws the labels of tissues at <see cref="X"/>, <see cref="Z"/> into a mask.</summary>
    public void DrawLabels(ReadOnlySpan<byte> tissues, ReadOnlySpan<byte> labels, Span<byte> mask)
    {
        for (int i = 0; i < _pixels.Length; i++)
        {
            mask[_pixels[i]] = labels[tissues[i]];
        }
    }
}
