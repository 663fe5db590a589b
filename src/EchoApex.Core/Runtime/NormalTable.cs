namespace EchoApex.Core.Runtime;

/// <summary>
/// Quantiles of the standard normal distribution at the middles of 4,096 equal shares of probability, scaled to a variance of
/// exactly 1: one of them, picked by 12 random bits, is a normal number cut off at 3.7 standard deviations.
/// </summary>
internal static class NormalTable
{
    /// <summary>Random bits that pick a value.</summary>
    public const int Bits = 12;

    private const int Count = 1 << Bits;
    private static readonly float[] _values = Create();

    /// <summary>The quantiles in ascending order.</summary>
    public static ReadOnlySpan<float> Values => _values;

    private static float[] Create()
    {
        double[] upper = new double[Count / 2];
        double z = 0;
        for (int i = 0; i < upper.Length; i++)
        {
            z = Quantile((i + 0.5) / Count, z);
            upper[i] = z;
        }

        double scale = Math.Sqrt(upper.Length / upper.Sum(value => value * value));
        float[] values = new float[Count];
        for (int i = 0; i < upper.Length; i++)
        {
            float value = (float)(upper[i] * scale);
            values[(Count / 2) + i] = value;
            values[(Count / 2) - 1 - i] = -value;
        }

        return values;
    }

    // Newton's method on the probability between 0 and z, from a start below the solution.
    private static double Quantile(double probability, double start)
    {
        double z = start;
        for (int step = 0; step < 50; step++)
        {
            double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
            double change = (probability - (density * OverDensity(z))) / density;
            z += change;
            if (Math.Abs(change) < 1e-12)
            {
                break;
            }
        }

        return z;
    }

    // The probability between 0 and z over the density at z: z + z^3 / 3 + z^5 / 15 + ... (Marsaglia 2004).
    private static double OverDensity(double z)
    {
        (double sum, double term) = (z, z);
        for (int odd = 3; odd < 200 && term > sum * 1e-17; odd += 2)
        {
            term *= z * z / odd;
            sum += term;
        }

        return sum;
    }
}
