// Shape legend: P = prompts, h, w = patch grid, C = embedding dimension.
using EchoApex.Core.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>Brings a mask down to the patch grid: two convolutions with stride 2, each with LayerNorm and GELU, and a 1 x 1 convolution; keys 0, 1, 3, 4, 6.</summary>
internal sealed class MaskDownscaling : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "0")]
    private readonly PatchConvolution _first;

    [ComponentName(Name = "1")]
    private readonly LayerNorm _firstNorm;

    [ComponentName(Name = "3")]
    private readonly PatchConvolution _second;

    [ComponentName(Name = "4")]
    private readonly LayerNorm _secondNorm;

    [ComponentName(Name = "6")]
    private readonly PatchConvolution _last;

    public MaskDownscaling(int embedDim, int channels)
        : base(nameof(MaskDownscaling))
    {
        _first = new PatchConvolution(1, channels / 4, 2);
        _firstNorm = new LayerNorm(channels / 4);
        _second = new PatchConvolution(channels / 4, channels, 2);
        _secondNorm = new LayerNorm(channels);
        _last = new PatchConvolution(channels, embedDim, 1);
        RegisterComponents();
    }

    /// <summary>[P, 4 h, 4 w, 1] to [P, h, w, C].</summary>
    public override Tensor forward(Tensor mask_PHW1)
    {
        using var scope = NewDisposeScope();
        var half = _firstNorm.forward(_first.forward(mask_PHW1)).gelu();
        var quarter = _secondNorm.forward(_second.forward(half)).gelu();
        return _last.forward(quarter).MoveToOuterDisposeScope();
    }
}
