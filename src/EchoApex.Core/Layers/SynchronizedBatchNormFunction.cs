// Shape legend: C = channels, N = values of a channel over all processes.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace EchoApex.Core.Layers;

/// <summary>
/// Batch normalisation with the moments of all processes, and its gradient: the two sums over the batch that it holds are
/// summed over the processes too. Gradients of weight and bias are this process's, as for every other parameter.
/// </summary>
/// <remarks>Ioffe and Szegedy 2015, section 3, with N taken over all processes; torch.nn.SyncBatchNorm.</remarks>
internal sealed class SynchronizedBatchNormFunction : SingleTensorFunction<SynchronizedBatchNormFunction>
{
    private const string Moments = "moments";
    private const string Type = "type";

    /// <inheritdoc/>
    public override string Name => nameof(SynchronizedBatchNormFunction);

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var (input, weight_C, bias_C, moments) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (SynchronizedMoments)vars[3]);
        ctx.set_materialize_grads(false);
        using var scope = NewDisposeScope();
        var normal = Normal(input, moments.Mean_C, moments.InverseDeviation_C);
        ctx.save_for_backward([input, weight_C, moments.Mean_C, moments.InverseDeviation_C]);
        ctx.save_data(Moments, new Saved(moments.Count, moments.Sum));
        ctx.save_data(Type, input.dtype);
        return (normal * Spread(weight_C, input)).Plus(Spread(bias_C, input)).to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        ReturnedGradients.Release();
        if (grad_output.IsInvalid)
        {
            return ReturnedGradients.Hand(null, null, null, null);
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (input, weight_C, mean_C, inverse_C) = (saved[0], saved[1], saved[2], saved[3]);
        var (count, sum) = (Saved)ctx.get_data(Moments);
        var gradient = grad_output.to(float32);
        var normal = Normal(input, mean_C, inverse_C);
        long[] others = SynchronizedMoments.Others(input);
        long channels = input.shape[1];
        var biasGradient_C = gradient.sum(others);
        var weightGradient_C = (gradient * normal).sum(others);

        var both = cat([biasGradient_C, weightGradient_C], 0).to(float64);
        sum(both);
        both = both.DividedBy(count).to(float32);
        var mean = Spread(both.narrow(0, 0, channels), input);
        var projection = normal * Spread(both.narrow(0, channels, channels), input);
        var inputGradient = (gradient - mean - projection) * Spread(weight_C * inverse_C, input);
        return ReturnedGradients.Hand(
            inputGradient.to(input.dtype).DetachFromDisposeScope(),
            weightGradient_C.DetachFromDisposeScope(),
            biasGradient_C.DetachFromDisposeScope(),
            null);
    }

    private static Tensor Normal(Tensor input, Tensor mean_C, Tensor inverse_C) =>
        (input.to(float32) - Spread(mean_C, input)) * Spread(inverse_C, input);

    private static Tensor Spread(Tensor values_C, Tensor input) => input.dim() == 2 ? values_C.view(1, -1) : values_C.view(1, -1, 1, 1);

    private sealed record Saved(double Count, Action<Tensor> Sum);
}
