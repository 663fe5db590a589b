using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Evaluation;

/// <summary>The few vector operations that the probes spend their time in. The order of summation is fixed for a machine.</summary>
internal static class VectorMath
{
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector<float>.Zero;
        var va = MemoryMarshal.Cast<float, Vector<float>>(a);
        var vb = MemoryMarshal.Cast<float, Vector<float>>(b);
        for (int i = 0; i < va.Length; i++)
        {
            sum += va[i] * vb[i];
        }

        float total = Vector.Sum(sum);
        for (int i = va.Length * Vector<float>.Count; i < a.Length; i++)
        {
            total += a[i] * b[i];
        }

        return total;
    }

    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = Vector<double>.Zero;
        var va = MemoryMarshal.Cast<double, Vector<double>>(a);
        var vb = MemoryMarshal.Cast<double, Vector<double>>(b);
        for (int i = 0; i < va.Length; i++)
        {
            sum += va[i] * vb[i];
        }

        double total = Vector.Sum(sum);
        for (int i = va.Length * Vector<double>.Count; i < a.Length; i++)
        {
            total += a[i] * b[i];
        }

        return total;
    }

    /// <summary>target += factor * source.</summary>
    public static void AddScaled(Span<double> target, double factor, ReadOnlySpan<double> source)
    {
        var vt = MemoryMarshal.Cast<double, Vector<double>>(target);
        var vs = MemoryMarshal.Cast<double, Vector<double>>(source);
        var vf = new Vector<double>(factor);
        for (int i = 0; i < vs.Length; i++)
        {
            vt[i] += vf * vs[i];
        }

        for (int i = vs.Length * Vector<double>.Count; i < source.Length; i++)
        {
            target[i] += factor * source[i];
        }
    }

    /// <summary>All rows of a table divided by their length; a row of zeros stays zero.</summary>
    public static float[] NormalizedRows(FeatureTable table)
    {
        float[] values = new float[table.Count * table.Dimension];
        for (int i = 0; i < table.Count; i++)
        {
            var row = table.Row(i);
            double squares = 0;
            foreach (float value in row)
            {
                squares += (double)value * value;
            }

            double scale = squares > 0 ? 1 / Math.Sqrt(squares) : 0;
            for (int d = 0; d < row.Length; d++)
            {
                values[(i * row.Length) + d] = (float)(row[d] * scale);
            }
        }

        return values;
    }
}
