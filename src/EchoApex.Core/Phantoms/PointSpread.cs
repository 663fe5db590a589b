using System.Numerics;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// The imaging system's point-spread function on the polar grid: a Gaussian along the range, and a Gaussian across beams that
/// is narrowest at the focus. Separable; kernels keep the power of scatterers.
/// </summary>
internal sealed class PointSpread
{
    private const int LargestRadius = 24;

    private readonly int _ranges, _beams, _axialRadius;
    private readonly float[] _axial;
    private readonly float[][] _lateral;
    private readonly float[] _padded;
    private readonly float[] _blurred;

    /// <param name="grid">The polar grid.</param>
    /// <param name="axialSigma">Axial width in range steps.</param>
    /// <param name="lateralSigma">Lateral width at the focus in beams.</param>
    /// <param name="focus">Depth of the focus in cm.</param>
    /// <param name="cell">Size of a scatterer's cell in cm: neighbouring samples within one cell are correlated.</param>
    public PointSpread(PolarGrid grid, double axialSigma, double lateralSigma, double focus, double cell)
    {
        (_ranges, _beams) = (grid.Ranges, grid.Beams);
        _axial = Kernel(axialSigma, cell / grid.RangeStep);
        _axialRadius = _axial.Length / 2;
        _lateral = new float[_ranges][];
        for (int range = 0; range < _ranges; range++)
        {
            double depth = grid.DepthAt(range);

            // 2.4 times as wide 8 cm away from the focus.
            double widening = Math.Sqrt(1 + (Math.Pow((depth - focus) / 8, 2) * ((2.4 * 2.4) - 1)));
            double spacing = (grid.MinimumRadius + depth) * grid.AngleStep;
            _lateral[range] = Kernel(lateralSigma * widening, cell / Math.Max(spacing, 1e-3));
        }

        _padded = new float[_beams + (2 * LargestRadius)];
        _blurred = new float[(_ranges + (2 * _axialRadius)) * _beams];
    }

    /// <summary>Blurs a field of ranges x beams in place.</summary>
    public void Apply(Span<float> field)
    {
        for (int range = 0; range < _ranges; range++)
        {
            Lateral(field.Slice(range * _beams, _beams), _lateral[range], _blurred.AsSpan((range + _axialRadius) * _beams, _beams));
        }

        for (int i = 0; i < _axialRadius; i++)
        {
            _blurred.AsSpan(_axialRadius * _beams, _beams).CopyTo(_blurred.AsSpan(i * _beams));
            _blurred.AsSpan((_ranges + _axialRadius - 1) * _beams, _beams).CopyTo(_blurred.AsSpan((_ranges + _axialRadius + i) * _beams));
        }

        for (int range = 0; range < _ranges; range++)
        {
            Combine(_blurred.AsSpan(range * _beams), _beams, _axial, field.Slice(range * _beams, _beams));
        }
    }

    private void Lateral(ReadOnlySpan<float> row, float[] kernel, Span<float> output)
    {
        int radius = kernel.Length / 2;
        row.CopyTo(_padded.AsSpan(radius));
        _padded.AsSpan(0, radius).Fill(row[0]);
        _padded.AsSpan(radius + _beams, radius).Fill(row[^1]);
        Combine(_padded, 1, kernel, output);
    }

    // output[i] = sum over k of kernel[k] input[i + k stride]. Each output sums in the same order at every vector width.
    private static void Combine(ReadOnlySpan<float> input, int stride, float[] kernel, Span<float> output)
    {
        int width = Vector<float>.Count;
        int i = 0;
        for (; i + width <= output.Length; i += width)
        {
            var sum = Vector<float>.Zero;
            for (int k = 0; k < kernel.Length; k++)
            {
                sum += new Vector<float>(kernel[k]) * new Vector<float>(input[(i + (k * stride))..]);
            }

            sum.CopyTo(output[i..]);
        }

        for (; i < output.Length; i++)
        {
            float sum = 0;
            for (int k = 0; k < kernel.Length; k++)
            {
                sum += kernel[k] * input[i + (k * stride)];
            }

            output[i] = sum;
        }
    }

    // A Gaussian that maps noise of variance 1 to variance 1 when samples less than `correlation` apart share a scatterer.
    private static float[] Kernel(double sigma, double correlation)
    {
        int radius = Math.Clamp((int)Math.Ceiling(2.5 * sigma), 1, LargestRadius);
        double[] values = new double[(2 * radius) + 1];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.Exp(-.5 * Math.Pow((i - radius) / sigma, 2));
        }

        double power = 0;
        int reach = Math.Min((int)Math.Ceiling(correlation), values.Length - 1);
        for (int i = 0; i < values.Length; i++)
        {
            power += values[i] * values[i];
            for (int distance = 1; distance <= reach && i + distance < values.Length; distance++)
            {
                power += 2 * values[i] * values[i + distance] * Math.Max(0, 1 - (distance / correlation));
            }
        }

        double scale = 1 / Math.Sqrt(power);
        return [.. values.Select(v => (float)(v * scale))];
    }
}
