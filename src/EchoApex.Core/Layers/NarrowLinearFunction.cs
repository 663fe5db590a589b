// Shape legend: R = rows, I, O = input and output features.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace EchoApex.Core.Layers;

/// <summary>
/// The linear map and its gradients with bfloat16 products of float32 tensors, for the CPU: what lies between the products stays
/// float32.
/// </summary>
/// <remarks>
/// libtorch's elementwise and attention kernels take two to three times as long in bfloat16 as in float32 on a CPU, while its
/// products are several times faster with AMX. Sums inside a product are float32, its result is rounded once; biases and their
/// gradients never are. The narrow input is what is kept for the backward pass, half of the float32 one.
/// </remarks>
internal sealed class NarrowLinearFunction : SingleTensorFunction<NarrowLinearFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(NarrowLinearFunction);

    /// <summary>Whether it is what a layer of that precision should use.</summary>
    public static bool Serves(Tensor input, Precision precision) =>
        precision == Precision.Bf16 && input.device_type == TorchSharp.DeviceType.CPU && input.dtype == ScalarType.Float32;

    /// <summary>The map, with gradient where one is recorded: float32 [..., I] to float32 [..., O].</summary>
    public static Tensor Map(Tensor input, Tensor weight_OI, Tensor? bias_O, bool gradient)
    {
        using var narrow = new Operands(input.detach(), weight_OI.detach());
        return gradient ? apply(input, weight_OI, bias_O!, narrow) : narrow.Map(bias_O, input.shape);
    }

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        // TorchSharp reads what is saved after this call: the caller made the narrow tensors and lets them go.
        var (input, weight_OI, bias_O, narrow) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2], (Operands)vars[3]);
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([narrow.Input, narrow.Weight_OI]);
        ctx.save_data(nameof(Needs), new Needs(input.requires_grad, weight_OI.requires_grad, bias_O?.requires_grad ?? false));
        return narrow.Map(bias_O, input.shape);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        ReturnedGradients.Release();
        if (grad_output.IsInvalid)
        {
            return ReturnedGradients.Hand(null, null, null, null);
        }

        var needs = (Needs)ctx.get_data(nameof(Needs));
        var saved = ctx.get_saved_variables();
        using var input = saved[0];
        using var weight_OI = saved[1];
        using var gradient = grad_output;
        using var gradient_RO = gradient.reshape(-1, weight_OI.shape[0]);
        using var narrow_RO = gradient_RO.As(ScalarType.BFloat16);
        using var narrow_OR = narrow_RO.t();
        using var input_RI = input.reshape(-1, weight_OI.shape[1]);
        var inputGradient = needs.Input ? Widened(narrow_RO, weight_OI, input.shape) : null;
        var weightGradient_OI = needs.Weight ? Widened(narrow_OR, input_RI, weight_OI.shape) : null;
        var biasGradient_O = needs.Bias ? gradient_RO.sum([0]) : null;
        return ReturnedGradients.Hand(inputGradient, weightGradient_OI, biasGradient_O, null);
    }

    private static Tensor Widened(Tensor a, Tensor b, long[] shape)
    {
        using var narrow = a.mm(b);
        using var wide = narrow.to(ScalarType.Float32);
        return wide.view(shape);
    }

    private sealed record Needs(bool Input, bool Weight, bool Bias);

    // Both factors in bfloat16.
    private sealed class Operands : IDisposable
    {
        public Operands(Tensor input, Tensor weight_OI)
        {
            using (input)
            using (weight_OI)
            {
                Input = input.As(ScalarType.BFloat16);
                Weight_OI = weight_OI.As(ScalarType.BFloat16);
            }
        }

        public Tensor Input { get; }

        public Tensor Weight_OI { get; }

        public Tensor Map(Tensor? bias_O, long[] shape)
        {
            using var input_RI = Input.reshape(-1, shape[^1]);
            using var weight_IO = Weight_OI.t();
            var mapped = Widened(input_RI, weight_IO, [.. shape[..^1], Weight_OI.shape[0]]);
            return bias_O is null ? mapped : mapped.PlusInPlace(bias_O);
        }

        public void Dispose()
        {
            Input.Dispose();
            Weight_OI.Dispose();
        }
    }
}
