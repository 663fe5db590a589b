// Shape legend: I, O = input and output features.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A linear map with all that follows it and is linear too written into its weights. It owns its tensors, which are copies.</summary>
internal sealed class FoldedLinear : IDisposable
{
    private FoldedLinear(Tensor weight_OI, Tensor bias_O)
    {
        (Weight, Bias) = (weight_OI.DetachFromDisposeScope(), bias_O.DetachFromDisposeScope());
    }

    /// <summary>float32 [O, I], contiguous.</summary>
    public Tensor Weight { get; }

    /// <summary>float32 [O].</summary>
    public Tensor Bias { get; }

    /// <summary>A copy of a layer.</summary>
    public static FoldedLinear Of(Linear layer) => Of(layer.Weight, layer.Bias);

    /// <summary>A copy of a layer's tensors.</summary>
    public static FoldedLinear Of(Tensor weight_OI, Tensor bias_O)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return new FoldedLinear(weight_OI.detach().clone(), bias_O.detach().clone());
    }

    /// <summary>Multiplies each output by a number of its own.</summary>
    public FoldedLinear ScaleBy(Tensor? factor_O)
    {
        if (factor_O is not null)
        {
            using var noGradient = no_grad();
            using var column_O1 = factor_O.unsqueeze(1);
            Weight.mul_(column_O1);
            Bias.mul_(factor_O);
        }

        return this;
    }

    /// <summary>Multiplies every output by the same number.</summary>
    public FoldedLinear ScaleBy(double factor)
    {
        using var noGradient = no_grad();
        Weight.TimesInPlace(factor);
        Bias.TimesInPlace(factor);
        return this;
    }

    /// <summary>Multiplies the first outputs by a number.</summary>
    public FoldedLinear ScaleRows(long count, double factor)
    {
        using var noGradient = no_grad();
        using var rows = Weight.narrow(0, 0, count);
        using var biases = Bias.narrow(0, 0, count);
        rows.TimesInPlace(factor);
        biases.TimesInPlace(factor);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}
