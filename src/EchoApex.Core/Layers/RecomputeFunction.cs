// Shape legend: B = images, T = tokens, D = token dimension.
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace EchoApex.Core.Layers;

/// <summary>
/// A transformer block that keeps its input alone and computes its inner activations a second time when the gradient asks
/// for them (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): a third more work, a fraction of the memory.
/// </summary>
internal sealed class RecomputeFunction : SingleTensorFunction<RecomputeFunction>
{
    private const string Block = "block";
    private const string Random = "random";

    /// <inheritdoc/>
    public override string Name => nameof(RecomputeFunction);

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var (x_BTD, block) = ((Tensor)vars[0], (TransformerBlock)vars[1]);
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([x_BTD]);
        ctx.save_data(Block, block);
        ctx.save_data(Random, block.DropPath.IsActive ? block.DropPath.Random?.SaveState() ?? [] : []);
        return block.Compute(x_BTD);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        if (grad_output.IsInvalid)
        {
            return ReturnedGradients.Hand(null, null);
        }

        var block = (TransformerBlock)ctx.get_data(Block);
        using var gradient = grad_output;
        using var saved_BTD = ctx.get_saved_variables()[0];
        using var input_BTD = saved_BTD.detach();
        input_BTD.requires_grad = true;
        Repeat(block, (byte[])ctx.get_data(Random), input_BTD, gradient);
        return ReturnedGradients.Hand(input_BTD.grad, null);
    }

    // Stochastic depth draws what it drew the first time; afterwards its stream goes on where it was.
    private static void Repeat(TransformerBlock block, byte[] random, Tensor input_BTD, Tensor gradient_BTD)
    {
        var stream = random.Length > 0 ? block.DropPath.Random : null;
        byte[]? now = stream?.SaveState();
        stream?.LoadState(random);
        using (var withGradient = enable_grad())
        {
            using var scope = NewDisposeScope();
            block.Compute(input_BTD).backward([gradient_BTD]);
        }

        stream?.LoadState(now);
    }
}
