using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>
/// Initial weights drawn from EchoApex's own random streams, so that a seed gives the same network everywhere.
/// All methods write in place, without gradient, and return nothing.
/// </summary>
public static class WeightInitialization
{
    private const int ChunkLength = 1 << 16;

    /// <summary>
    /// A normal distribution cut at the absolute values <paramref name="low"/> and <paramref name="high"/>
    /// (not at multiples of the standard deviation), as PyTorch's <c>trunc_normal_</c> defines it.
    /// </summary>
    /// <remarks>With the usual std 0.02 the cut at ±2 lies at 100 standard deviations: practically a plain normal.</remarks>
    /// <exception cref="ArgumentException">The interval is empty or holds less than one millionth of the distribution.</exception>
    public static void TruncatedNormal(Tensor weight, RandomStream random, double mean = 0, double std = 0.02, double low = -2, double high = 2)
    {
        ArgumentNullException.ThrowIfNull(random);
        double inside = 0.5 * (ErrorFunction((high - mean) / (std * Math.Sqrt(2))) - ErrorFunction((low - mean) / (std * Math.Sqrt(2))));
        if (!(inside > 1e-6))
        {
            throw new ArgumentException($"The interval [{low}, {high}] holds too little of a normal distribution of mean {mean} and standard deviation {std}.", nameof(low));
        }

        Fill(weight, values =>
        {
            for (int i = 0; i < values.Length; i++)
            {
                double value;
                do
                {
                    value = random.Normal(mean, std);
                }
                while (value < low || value > high);
                values[i] = (float)value;
            }
        });
    }

    /// <summary>A normal distribution.</summary>
    public static void Normal(Tensor weight, RandomStream random, double mean, double std)
    {
        ArgumentNullException.ThrowIfNull(random);
        Fill(weight, values => random.FillNormal(values, mean, std));
    }

    /// <summary>A uniform distribution over [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public static void Uniform(Tensor weight, RandomStream random, double low, double high)
    {
        ArgumentNullException.ThrowIfNull(random);
        Fill(weight, values => random.FillUniform(values, low, high));
    }

    /// <summary>
    /// PyTorch's default for Linear and Conv2d weights: Kaiming uniform with a = sqrt(5), which is
    /// uniform over ±1/sqrt(fan in). Use the same bound for the bias with <see cref="Uniform"/>.
    /// </summary>
    /// <returns>The bound 1/sqrt(fan in).</returns>
    public static double KaimingUniform(Tensor weight, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(weight);
        long fanIn = weight.shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        double bound = 1 / Math.Sqrt(fanIn);
        Uniform(weight, random, -bound, bound);
        return bound;
    }

    /// <summary>Kaiming normal over the fan out with the ReLU gain sqrt(2), torchvision's choice for ResNet convolutions.</summary>
    public static void KaimingNormalFanOut(Tensor weight, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(weight);
        long fanOut = weight.shape[0] * weight.shape.Skip(2).Aggregate(1L, (product, size) => product * size);
        Normal(weight, random, 0, Math.Sqrt(2.0 / fanOut));
    }

    private delegate void Filler(Span<float> values);

    private static void Fill(Tensor weight, Filler filler)
    {
        ArgumentNullException.ThrowIfNull(weight);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var target = weight.detach();
        if (!target.is_contiguous())
        {
            throw new ArgumentException("Only contiguous tensors can be initialised.", nameof(weight));
        }

        var flat = target.view(-1);
        long total = flat.shape[0];
        float[] buffer = new float[(int)Math.Min(ChunkLength, total)];
        for (long start = 0; start < total; start += buffer.Length)
        {
            int count = (int)Math.Min(buffer.Length, total - start);
            filler(buffer.AsSpan(0, count));
            using var chunk = tensor(buffer.AsSpan(0, count).ToArray());
            flat.narrow(0, start, count).copy_(chunk);
        }
    }

    // Abramowitz and Stegun 7.1.26; enough for the share of a distribution that lies inside an interval.
    private static double ErrorFunction(double x)
    {
        double t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        double y = 1 - (((((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t) - 0.284496736) * t) + 0.254829592) * t * Math.Exp(-x * x));
        return Math.Sign(x) * y;
    }
}
