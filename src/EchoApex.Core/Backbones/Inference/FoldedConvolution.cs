// Shape legend: I, O = input and output channels, K = kernel side.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A convolution with its batch norm written into its weights. It owns its tensors, which are copies.</summary>
internal sealed class FoldedConvolution : IDisposable
{
    private FoldedConvolution(Convolution2d layer, Tensor weight_OIKK, Tensor bias_O)
    {
        (Weight, Bias) = (weight_OIKK.DetachFromDisposeScope(), bias_O.DetachFromDisposeScope());
        (Stride, Padding) = (layer.Stride, layer.Padding);
    }

    /// <summary>float32 [O, I, K, K], contiguous.</summary>
    public Tensor Weight { get; }

    /// <summary>float32 [O].</summary>
    public Tensor Bias { get; }

    /// <summary>Pixels from one place of the kernel to the next.</summary>
    public long Stride { get; }

    /// <summary>Zeros about the input.</summary>
    public long Padding { get; }

    /// <summary>A copy of a convolution, with a factor for all outputs.</summary>
    public static FoldedConvolution Of(Convolution2d layer, double factor = 1)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var bias_O = layer.Bias is { } own ? own.detach() : zeros([layer.Weight.shape[0]], float32);
        return new FoldedConvolution(layer, layer.Weight.detach().Times(factor), bias_O.Times(factor));
    }

    /// <summary>A copy of a convolution and the batch norm that follows it, as they are in evaluation.</summary>
    public static FoldedConvolution Of((Convolution2d Convolution, BatchNorm Norm) layer)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (factor_O, summand_O) = layer.Norm.Affine();
        var weight_OIKK = layer.Convolution.Weight.detach().mul(factor_O.view(-1, 1, 1, 1));
        var bias_O = layer.Convolution.Bias is { } own ? own.detach().mul(factor_O).Plus(summand_O) : summand_O;
        return new FoldedConvolution(layer.Convolution, weight_OIKK, bias_O);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}
