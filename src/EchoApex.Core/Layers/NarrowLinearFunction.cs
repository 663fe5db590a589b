// Shape legend: R = rows, I, O = input and output features.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace EchoApex.Core.Layers;

/// <summary>
/// The linear map and its gradients with bfloat16 products of float32 tensors, for the CPU: around attention and norms everything
/// stays float32.
/// </summary>
/// <remarks>
/// libtorch's attention takes several times as long in bfloat16 as in float32 on a CPU when heads and images are small, while its
/// products are several times faster with AMX. Sums inside a product are float32, its result is rounded once. The narrow input is
/// what is kept for the backward pass, half of the float32 one.
/// </remarks>
internal sealed class NarrowLinearFunction : SingleTensorFunction<NarrowLinearFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(NarrowLinearFunction);

    /// <summary>Whether it is what a layer of that precision should use.</summary>
    public static bool Serves(Tensor input, Precision precision) =>
        precision == Precision.Bf16 && input.device_type == TorchSharp.DeviceType.CPU && input.dtype is ScalarType.Float32 or ScalarType.BFloat16;

    /// <summary>The map, with gradient where one is recorded: [..., I] in either format to [..., O].</summary>
    /// <param name="input">[..., I], float32 or bfloat16; its gradient is of the same format.</param>
    /// <param name="weight_OI">float32 [O, I].</param>
    /// <param name="bias_O">float32 [O], or null.</param>
    /// <param name="gradient">Whether one is recorded.</param>
    /// <param name="keepNarrow">Whether the result stays bfloat16, for a map that hands it to another.</param>
    public static Tensor Map(Tensor input, Tensor weight_OI, Tensor? bias_O, bool gradient, bool keepNarrow = false)
    {
        using var narrow = new Operands(input.detach(), weight_OI.detach(), keepNarrow);
        return gradient ? apply(input, weight_OI, bias_O!, narrow) : narrow.Map(bias_O, input.shape);
    }

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        // TorchSharp reads what is saved after this call: the caller made the narrow tensors and lets them go.
        var (input, weight_OI, bias_O, narrow) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2], (Operands)vars[3]);
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([narrow.Input, narrow.Weight_OI]);
        ctx.save_data(nameof(Needs), new Needs(input.requires_grad, weight_OI.requires_grad, bias_O?.requires_grad ?? false, input.dtype));
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
        var inputGradient = needs.Input ? Product(narrow_RO, weight_OI, input.shape, needs.InputType) : null;
        var weightGradient_OI = needs.Weight ? Product(narrow_OR, input_RI, weight_OI.shape, ScalarType.Float32) : null;
        var biasGradient_O = needs.Bias ? gradient_RO.sum([0], type: ScalarType.Float32) : null;
        return ReturnedGradients.Hand(inputGradient, weightGradient_OI, biasGradient_O, null);
    }

    private static Tensor Product(Tensor a, Tensor b, long[] shape, ScalarType type)
    {
        using var narrow = a.mm(b);
        using var result = narrow.As(type);
        return result.view(shape);
    }

    private sealed record Needs(bool Input, bool Weight, bool Bias, ScalarType InputType);

    // Both factors in bfloat16.
    private sealed class Operands : IDisposable
    {
        private readonly bool _keepNarrow;

        public Operands(Tensor input, Tensor weight_OI, bool keepNarrow)
        {
            _keepNarrow = keepNarrow;
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
            long[] mapped = [.. shape[..^1], Weight_OI.shape[0]];
            if (!_keepNarrow || bias_O is null)
            {
                var product = Product(input_RI, weight_IO, mapped, _keepNarrow ? ScalarType.BFloat16 : ScalarType.Float32);
                return bias_O is null ? product : product.PlusInPlace(bias_O);
            }

            // The bias joins before the one rounding.
            using var narrowBias_O = bias_O.detach().to(ScalarType.BFloat16);
            using var narrow = addmm(narrowBias_O, input_RI, weight_IO, 1, 1);
            return narrow.view(mapped);
        }

        public void Dispose()
        {
            Input.Dispose();
            Weight_OI.Dispose();
        }
    }
}
