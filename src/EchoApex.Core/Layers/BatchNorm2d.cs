// Shape legend: B = images, C = channels, H, W = rows and columns.
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// Batch normalisation as PyTorch does it: eps 1e-5; in training the batch's biased variance normalises, its unbiased
/// variance enters the running variance with momentum 0.1. Keys: weight, bias, running_mean, running_var, num_batches_tracked.
/// </summary>
internal sealed class BatchNorm2d : nn.Module<Tensor, Tensor>
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

    public BatchNorm2d(long channels)
        : base(nameof(BatchNorm2d))
    {
        _weight = Weights.Constant(1, channels);
        _bias = Weights.Constant(0, channels);
        _runningMean = Weights.Own(zeros([channels], float32));
        _runningVariance = Weights.Own(ones([channels], float32));
        _batches = Weights.Own(zeros([], int64));
        RegisterComponents();
    }

    /// <summary>Normalises [B, C, H, W] channel by channel.</summary>
    public override Tensor forward(Tensor input_BCHW)
    {
        bool batchStatistics = training;
        if (batchStatistics)
        {
            using var noGrad = no_grad();
            using Scalar one = 1;
            _batches.add_(one);
        }

        return nn.functional.batch_norm(input_BCHW, _runningMean, _runningVariance, _weight, _bias, batchStatistics, Momentum, Epsilon);
    }
}
