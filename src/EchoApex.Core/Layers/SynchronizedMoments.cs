// Shape legend: C = channels, N = values of a channel over all processes.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>Mean and variance of each channel over the batches of all processes.</summary>
/// <param name="Count">N.</param>
/// <param name="Mean_C">Mean, float32.</param>
/// <param name="Variance_C">Biased variance, float32.</param>
/// <param name="InverseDeviation_C">1 / sqrt(variance + epsilon), float32.</param>
/// <param name="Sum">Sums a tensor over the processes in place.</param>
internal sealed record SynchronizedMoments(double Count, Tensor Mean_C, Tensor Variance_C, Tensor InverseDeviation_C, Action<Tensor> Sum)
{
    /// <summary>All dimensions but the channels'.</summary>
    public static long[] Others(Tensor input) => [0, .. Enumerable.Range(2, (int)input.dim() - 2).Select(dimension => (long)dimension)];

    /// <summary>Computes them. Each process adds its count, mean and second moment, in float64: batches may differ in size, and nothing cancels.</summary>
    public static SynchronizedMoments Of(Tensor input, Action<Tensor> sum, double epsilon)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        long[] others = Others(input);
        long channels = input.shape[1];
        double count = (double)input.numel() / channels;
        var precise = input.detach().to(float32);
        var (variance_C, mean_C) = var_mean(precise, others, unbiased: false);
        var mean64_C = mean_C.to(float64);
        var second64_C = variance_C.to(float64).Plus(mean64_C.square());
        var all = cat([mean64_C.Times(count), second64_C.Times(count), full([1], count, float64, input.device)], 0);
        sum(all);
        double total = all.narrow(0, 2 * channels, 1).cpu().ReadDouble();
        mean64_C = all.narrow(0, 0, channels).DividedBy(total);
        var variance64_C = all.narrow(0, channels, channels).DividedBy(total).sub(mean64_C.square()).relu();
        return new SynchronizedMoments(
            total,
            mean64_C.to(float32).MoveToOuterDisposeScope(),
            variance64_C.to(float32).MoveToOuterDisposeScope(),
            variance64_C.Plus(epsilon).rsqrt().to(float32).MoveToOuterDisposeScope(),
            sum);
    }
}
