using EchoApex.Core.Backbones;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace EchoApex.Core.Layers;

/// <summary>
/// The identity, put before a block: its backward pass runs when all that lies behind it is done. libtorch runs the node
/// that was made last first, and a parameter's accumulation at once, so the block's gradients are complete by then.
/// </summary>
internal sealed class BackwardBoundary : SingleTensorFunction<BackwardBoundary>
{
    private const string Observer = "observer";
    private const string Block = "block";

    /// <inheritdoc/>
    public override string Name => nameof(BackwardBoundary);

    /// <summary>Passes a tensor on and reports when the gradient comes back through it.</summary>
    public static Tensor Pass(Tensor input, IBackwardObserver observer, int block)
    {
        observer.Entered(block);
        return apply(input, observer, block);
    }

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false);
        ctx.save_data(Observer, vars[1]);
        ctx.save_data(Block, vars[2]);
        return ((Tensor)vars[0]).alias();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        ((IBackwardObserver)ctx.get_data(Observer)).Left((int)ctx.get_data(Block));
        if (grad_output.IsInvalid)
        {
            return ReturnedGradients.Hand(null, null, null);
        }

        using var gradient = grad_output;
        return ReturnedGradients.Hand(gradient.alias(), null, null);
    }
}
