using EchoApex.Core.Runtime;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Benchmarks.Training;

/// <summary>The best matrix product of this machine: what a step could reach if it were nothing else.</summary>
internal static class MatrixPeak
{
    private const int Side = 1536;
    private const int Products = 40;
    private const int Rounds = 5;

    /// <summary>Billions of operations a processor second.</summary>
    public static double Measure(Precision precision)
    {
        using var noGrad = no_grad();
        var type = precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        using var input = randn(Side, Side).to(type);
        using var weight = randn(Side, Side).to(type);
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            double before = ProcessorClock.Seconds;
            for (int i = 0; i < Products; i++)
            {
                using var product = Linear.Apply(input, weight, null, precision);
            }

            best = Math.Max(best, 2e-9 * Side * Side * Side * Products / (ProcessorClock.Seconds - before));
        }

        return best;
    }
}
