// Shape legend: P = prompts, h, w = patch grid, C = embedding dimension.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>Brings the image up to four times the patch grid: transposed convolution, LayerNorm, GELU, transposed convolution, GELU; keys 0, 1, 3.</summary>
internal sealed class OutputUpscaling : nn.Module
{
    [ComponentName(Name = "0")]
    private readonly TransposedPatchConvolution _first;

    [ComponentName(Name = "1")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "3")]
    private readonly TransposedPatchConvolution _second;

    public OutputUpscaling(int embedDim)
        : base(nameof(OutputUpscaling))
    {
        _first = new TransposedPatchConvolution(embedDim, embedDim / 4, 2);
        _norm = new LayerNorm(embedDim / 4);
        _second = new TransposedPatchConvolution(embedDim / 4, embedDim / 8, 2);
        RegisterComponents();
    }

    /// <summary>[P, h, w, C] to [P, 4 h, 4 w, C / 8].</summary>
    /// <param name="image_PhwC">The image after the transformer.</param>
    /// <param name="detail">Features of the picture itself, [P or 1, 4 h, 4 w, C / 8], added before the last GELU; null for none, as in the reference.</param>
    public Tensor Run(Tensor image_PhwC, Tensor? detail)
    {
        using var scope = NewDisposeScope();
        var twice = _norm.forward(_first.forward(image_PhwC)).gelu();
        var four = _second.forward(twice);
        four = detail is null ? four : four.Plus(detail);
        return four.gelu().MoveToOuterDisposeScope();
    }
}
