// Shape legend: B = images, P = prompts, M = masks, H, W = input, h, w = patch grid, C = embedding dimension, F = channels of this path.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Convolution2d = EchoApex.Core.Layers.Convolution2d;
using LayerNorm = EchoApex.Core.Layers.LayerNorm;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// A light path from the picture to the masks (ours, after the high-resolution features of HQ-SAM and SAM 2): strided
/// convolutions of the picture, whose features at a quarter of the input are added to the decoder's, and a second product of
/// mask vectors with features at half of the input that is added to the logits.
/// </summary>
/// <remarks>
/// Both additions start as zero: with imported decoder weights the masks are the imported decoder's until training changes
/// them. No 3 x 3 convolution has fewer than 16 channels: oneDNN 3.7 gives NaN gradients for those on AVX-512.
/// </remarks>
internal sealed class HighResolutionPath : nn.Module
{
    [ComponentName(Name = "stem")]
    private readonly PatchConvolution _stem;

    [ComponentName(Name = "stem_norm")]
    private readonly LayerNorm _stemNorm;

    [ComponentName(Name = "half")]
    private readonly Convolution2d _half;

    [ComponentName(Name = "quarter")]
    private readonly Convolution2d _quarter;

    [ComponentName(Name = "quarter_projection")]
    private readonly PatchConvolution _quarterProjection;

    [ComponentName(Name = "mask_projection")]
    private readonly PatchConvolution _maskProjection;

    [ComponentName(Name = "prompt_projection")]
    private readonly PatchConvolution? _promptProjection;

    [ComponentName(Name = "refine")]
    private readonly Convolution2d _refine;

    [ComponentName(Name = "output_hypernetworks_mlps")]
    private readonly ModuleList<LayeredPerceptron> _hypernetworks;

    public HighResolutionPath(SegmentationOptions options)
        : base(nameof(HighResolutionPath))
    {
        int channels = options.HighResolutionChannels;
        _stem = new PatchConvolution(3, channels, 2);
        _stemNorm = new LayerNorm(channels);
        _half = new Convolution2d(channels, channels, 3, padding: 1, bias: true);
        _quarter = new Convolution2d(channels, 2 * channels, 3, stride: 2, padding: 1, bias: true);
        _quarterProjection = new PatchConvolution(2 * channels, options.EmbedDim / 8, 1);
        _maskProjection = new PatchConvolution(options.EmbedDim / 8, channels, 1);
        _promptProjection = options.DensePrompts ? new PatchConvolution(PromptMaps.Channels, channels, 1, bias: false) : null;
        _refine = new Convolution2d(channels, channels, 3, padding: 1, bias: true);
        _hypernetworks = new ModuleList<LayeredPerceptron>([.. Enumerable.Range(0, options.MultimaskOutputs + 1)
            .Select(_ => new LayeredPerceptron(options.EmbedDim, options.EmbedDim, channels, 3))]);
        RegisterComponents();
    }

    /// <summary>Sets what is added to zero.</summary>
    public void Silence()
    {
        DecoderInitialization.Zero(_quarterProjection);
        foreach (var network in _hypernetworks)
        {
            DecoderInitialization.Zero(network.Last);
        }
    }

    /// <summary>What an image contributes, once for all its prompts.</summary>
    /// <param name="images_BCHW">The network's input, three channels, even height and width.</param>
    /// <param name="gridHeight">h.</param>
    /// <param name="gridWidth">w.</param>
    /// <returns>Features at half of the input, [B, F, H / 2, W / 2], and what is added to the decoder's, [B, 4 h, 4 w, C / 8].</returns>
    public (Tensor Half, Tensor Detail) Encode(Tensor images_BCHW, int gridHeight, int gridWidth)
    {
        using var scope = NewDisposeScope();
        var stem = _stemNorm.forward(_stem.forward(images_BCHW.permute(0, 2, 3, 1))).gelu();
        var half_BFHW = _half.forward(stem.permute(0, 3, 1, 2)).gelu();
        var quarter_BFHW = _quarter.forward(half_BFHW).gelu();
        var resized = Bilinear.Resize(quarter_BFHW, 4L * gridHeight, 4L * gridWidth);
        var detail = _quarterProjection.forward(resized.permute(0, 2, 3, 1));
        return (half_BFHW.MoveToOuterDisposeScope(), detail.MoveToOuterDisposeScope());
    }

    /// <summary>The decoder's logits at half of the input, sharpened.</summary>
    /// <param name="half_BFHW">Features of <see cref="Encode"/>, of one image or of as many as prompts.</param>
    /// <param name="output">What the decoder says.</param>
    /// <param name="maps_PHW3">The prompts as maps, at four times the patch grid; null for none.</param>
    /// <returns>[P, M, H / 2, W / 2].</returns>
    public Tensor Refine(Tensor half_BFHW, MaskDecoderOutput output, Tensor? maps_PHW3)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (half_BFHW.shape[2], half_BFHW.shape[3]);
        var context_PhwF = _maskProjection.forward(output.Image);
        context_PhwF = maps_PHW3 is null ? context_PhwF : context_PhwF.Plus(_promptProjection!.forward(maps_PHW3));
        var context_PFhw = context_PhwF.permute(0, 3, 1, 2);
        var joined_PFHW = Bilinear.Resize(context_PFhw, height, width).Plus(half_BFHW).gelu();
        var refined_PFN = _refine.forward(joined_PFHW).gelu().flatten(2);
        var sharpening = MaskDecoder.Vectors(_hypernetworks, output.Tokens).bmm(refined_PFN).reshape(output.Masks.shape[0], -1, height, width);
        return Bilinear.Resize(output.Masks, height, width).Plus(sharpening).MoveToOuterDisposeScope();
    }
}
