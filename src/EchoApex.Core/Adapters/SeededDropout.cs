using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Adapters;

/// <summary>Dropout that draws from a stream of its own, so that a seeded run can be repeated: p is rounded to 1/65,536.</summary>
internal static class SeededDropout
{
    private const int Levels = 1 << 16;

    /// <summary>Sets a share p of the values to 0 and scales the others by 1 / (1 - p).</summary>
    public static Tensor Apply(Tensor input, double p, RandomStream random)
    {
        int threshold = (int)Math.Round(p * Levels);
        float kept = (float)Levels / (Levels - threshold);
        float[] factors = new float[input.numel()];
        int i = 0;
        while (i < factors.Length)
        {
            ulong bits = random.NextUInt64();
            for (int part = 0; part < 4 && i < factors.Length; part++, i++, bits >>= 16)
            {
                factors[i] = (int)(bits & (Levels - 1)) < threshold ? 0 : kept;
            }
        }

        using var flat = tensor(factors);
        using var shaped = flat.reshape(input.shape);
        using var typed = shaped.to(input.dtype, input.device);
        return input.mul(typed);
    }
}
