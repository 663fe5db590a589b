// Shape legend: R = rows, I, O = input and output features.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace EchoApex.Core.Layers;

/// <summary>The linear map of <see cref="DnnlLinear"/> with its gradients: three oneDNN products instead of MKL's.</summary>
/// <remarks>The matrices of the gradients are given as transposed views: oneDNN reorders them faster than a copy would.</remarks>
internal sealed class LinearFunction : SingleTensorFunction<LinearFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(LinearFunction);

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var (input, weight_OI, bias_O) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2]);
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([input, weight_OI]);
        ctx.save_data(nameof(Needs), new Needs(input.requires_grad, weight_OI.requires_grad, bias_O?.requires_grad ?? false));
        return DnnlLinear.Apply(input, weight_OI, bias_O);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        ReturnedGradients.Release();
        if (grad_output.IsInvalid)
        {
            return ReturnedGradients.Hand(null, null, null);
        }

        var needs = (Needs)ctx.get_data(nameof(Needs));
        var saved = ctx.get_saved_variables();
        using var input = saved[0];
        using var weight_OI = saved[1];
        using var gradient = grad_output;
        using var gradient_RO = gradient.reshape(-1, weight_OI.shape[0]);
        using var gradient_OR = gradient_RO.t();
        using var input_RI = input.reshape(-1, weight_OI.shape[1]);
        using var input_IR = input_RI.t();
        using var weight_IO = weight_OI.t();
        var inputGradient = needs.Input ? DnnlLinear.Apply(gradient, weight_IO, null) : null;
        var weightGradient_OI = needs.Weight ? DnnlLinear.Apply(gradient_OR, input_IR, null) : null;
        var biasGradient_O = needs.Bias ? gradient_RO.sum([0]) : null;
        return ReturnedGradients.Hand(inputGradient, weightGradient_OI, biasGradient_O);
    }

    private sealed record Needs(bool Input, bool Weight, bool Bias);
}
