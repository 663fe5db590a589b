// Shape legend: R = rows, B = images, C = channels, H, W = rows and columns.
using EchoApex.Core.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// Batch normalisation as PyTorch does it: eps 1e-5; in training the batch's biased variance normalises, its unbiased
/// variance enters the running variance with momentum 0.1. Keys: weight, bias, running_mean, running_var, num_batches_tracked.
/// </summary>
/// <remarks>
/// With <see cref="SumOverProcesses"/> the batch is that of all processes together, in the forward and in the backward pass:
/// what torch.nn.SyncBatchNorm does.
/// </remarks>
public sealed class BatchNorm : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    [ComponentName(Name = "running_mean")]
    private readonly Tensor _runningMean;

    [ComponentName(Name = "running_var")]
    private readonly Tensor _runningVariance;

    [ComponentName(Name = "num_batches_tracked")]
    private readonly Tensor _batches;

    /// <summary>Builds the layer with weight 1 and bias 0.</summary>
    /// <param name="channels">C, positive.</param>
    public BatchNorm(long channels)
        : base(nameof(BatchNorm))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        _weight = Weights.Constant(1, channels);
        _bias = Weights.Constant(0, channels);
        _runningMean = Weights.Own(zeros([channels], float32));
        _runningVariance = Weights.Own(ones([channels], float32));
        _batches = Weights.Own(zeros([], int64));
        RegisterComponents();
    }

    /// <summary>
    /// Sums a tensor over all processes, in place: a float64 vector in the forward pass and another in the backward pass, on
    /// the network's device. Null when the batch is this process's alone.
    /// </summary>
    public Action<Tensor>? SumOverProcesses { get; set; }

    /// <summary>What evaluation multiplies each channel by and adds to it, both [C]; the caller disposes them.</summary>
    internal (Tensor Factor_C, Tensor Summand_C) Affine()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var factor_C = _weight.div(_runningVariance.Plus(Epsilon).sqrt());
        var summand_C = _bias.sub(_runningMean.mul(factor_C));
        return (factor_C.MoveToOuterDisposeScope(), summand_C.MoveToOuterDisposeScope());
    }

    /// <summary>Normalises [R, C] or [B, C, H, W] channel by channel.</summary>
    public override Tensor forward(Tensor input)
    {
        if (!training)
        {
            return nn.functional.batch_norm(input, _runningMean, _runningVariance, _weight, _bias, false, Momentum, Epsilon);
        }

        using (no_grad())
        {
            using Scalar one = 1;
            _batches.add_(one);
        }

        return SumOverProcesses is null
            ? nn.functional.batch_norm(input, _runningMean, _runningVariance, _weight, _bias, true, Momentum, Epsilon)
            : NormalizeTogether(input, SumOverProcesses);
    }

    private Tensor NormalizeTogether(Tensor input, Action<Tensor> sum)
    {
        using var scope = NewDisposeScope();
        var moments = SynchronizedMoments.Of(input, sum, Epsilon);
        using (no_grad())
        {
            double unbiased = moments.Count / Math.Max(1, moments.Count - 1);
            _runningMean.LerpInPlace(moments.Mean_C, Momentum);
            _runningVariance.LerpInPlace(moments.Variance_C.Times(unbiased), Momentum);
        }

        return SynchronizedBatchNormFunction.apply(input, _weight, _bias, moments).MoveToOuterDisposeScope();
    }
}
