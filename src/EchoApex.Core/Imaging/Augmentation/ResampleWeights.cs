using System.Buffers;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// The weights of an antialiased cubic filter along one axis (Keys 1981 with a = -0.5; Pillow libImaging/Resample.c,
/// precompute_coeffs): where the axis shrinks, the filter is stretched by the same factor; weights beyond the border are
/// left out and the rest is scaled to a sum of 1. The arrays are pooled and may be longer than needed.
/// </summary>
internal readonly struct ResampleWeights : IDisposable
{
    /// <summary>Fraction bits of <see cref="Fixed"/>: 8 bits of result and 2 of head room are left of 32.</summary>
    public const int FractionBits = 22;

    private const double Support = 2;

    private ResampleWeights(int length, int taps)
    {
        Taps = taps;
        First = ArrayPool<int>.Shared.Rent(length);
        Count = ArrayPool<int>.Shared.Rent(length);
        Values = ArrayPool<double>.Shared.Rent(length * taps);
        Fixed = ArrayPool<int>.Shared.Rent(length * taps);
    }

    /// <summary>Distance between the weights of one target position and the next.</summary>
    public int Taps { get; }

    /// <summary>First source position of each target position.</summary>
    public int[] First { get; }

    /// <summary>Number of source positions of each target position.</summary>
    public int[] Count { get; }

    /// <summary>Weights, <see cref="Taps"/> a target position.</summary>
    public double[] Values { get; }

    /// <summary>The weights in fixed point, rounded half away from zero.</summary>
    public int[] Fixed { get; }

    /// <summary>Computes the weights from one length to another.</summary>
    public static ResampleWeights Create(int sourceLength, int length)
    {
        double scale = (double)sourceLength / length;
        double stretch = Math.Max(scale, 1);
        double support = Support * stretch;
        var weights = new ResampleWeights(length, checked(((int)Math.Ceiling(support) * 2) + 1));
        for (int i = 0; i < length; i++)
        {
            double center = (i + 0.5) * scale;
            int first = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), sourceLength) - first;
            weights.First[i] = first;
            weights.Count[i] = count;
            Fill(weights.Values.AsSpan(i * weights.Taps, count), weights.Fixed.AsSpan(i * weights.Taps, count), first - center + 0.5, 1 / stretch);
        }

        return weights;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(First);
        ArrayPool<int>.Shared.Return(Count);
        ArrayPool<double>.Shared.Return(Values);
        ArrayPool<int>.Shared.Return(Fixed);
    }

    private static void Fill(Span<double> values, Span<int> fixedPoint, double offset, double step)
    {
        double sum = 0;
        for (int k = 0; k < values.Length; k++)
        {
            values[k] = Cubic((k + offset) * step);
            sum += values[k];
        }

        for (int k = 0; k < values.Length; k++)
        {
            values[k] = sum == 0 ? values[k] : values[k] / sum;
            double scaled = values[k] * (1 << FractionBits);
            fixedPoint[k] = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
    }

    private static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x switch
        {
            < 1 => ((((a + 2) * x) - (a + 3)) * x * x) + 1,
            < 2 => ((((x - 5) * x) + 8) * x - 4) * a,
            _ => 0,
        };
    }
}
