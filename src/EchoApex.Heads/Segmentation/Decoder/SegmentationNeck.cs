// Shape legend: B = images, h, w = patch grid, D = the encoder's feature dimension, C = embedding dimension.
using EchoApex.Core.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Brings an encoder's patches to the decoder's dimension, as the neck of Segment Anything's image encoder: 1 x 1 convolution,
/// LayerNorm, 3 x 3 convolution, LayerNorm; keys 0, 1, 2, 3, no biases.
/// </summary>
internal sealed class SegmentationNeck : nn.Module
{
    [ComponentName(Name = "0")]
    private readonly PatchConvolution _project;

    [ComponentName(Name = "1")]
    private readonly LayerNorm _projectNorm;

    [ComponentName(Name = "2")]
    private readonly Convolution2d _mix;

    [ComponentName(Name = "3")]
    private readonly LayerNorm _mixNorm;

    public SegmentationNeck(int featureDimension, int embedDim)
        : base(nameof(SegmentationNeck))
    {
        _project = new PatchConvolution(featureDimension, embedDim, 1, bias: false);
        _projectNorm = new LayerNorm(embedDim);
        _mix = new Convolution2d(embedDim, embedDim, 3, padding: 1);
        _mixNorm = new LayerNorm(embedDim);
        RegisterComponents();
    }

    /// <summary>[B, h, w, D] to [B, h, w, C].</summary>
    public Tensor Run(Tensor patches_BhwD)
    {
        using var scope = NewDisposeScope();
        var projected = _projectNorm.forward(_project.forward(patches_BhwD));
        var mixed = _mix.forward(projected.permute(0, 3, 1, 2)).permute(0, 2, 3, 1);
        return _mixNorm.forward(mixed).MoveToOuterDisposeScope();
    }
}
