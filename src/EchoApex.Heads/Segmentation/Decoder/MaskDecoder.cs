// Shape legend: P = prompts, T = sparse tokens, M = masks (1 + multimask), h, w = patch grid, N = h w, C = embedding dimension.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Turns an image's features and a prompt's tokens into masks and their expected IoU; number- and key-compatible with
/// MaskDecoder of Segment Anything (Kirillov et al. 2023; segment_anything/modeling/mask_decoder.py). Maps have their
/// channels last here.
/// </summary>
public sealed class MaskDecoder : nn.Module
{
    private readonly int _masks;

    [ComponentName(Name = "transformer")]
    private readonly TwoWayTransformer _transformer;

    [ComponentName(Name = "iou_token")]
    private readonly TokenEmbedding _iouToken;

    [ComponentName(Name = "mask_tokens")]
    private readonly TokenEmbedding _maskTokens;

    [ComponentName(Name = "output_upscaling")]
    private readonly OutputUpscaling _upscaling;

    [ComponentName(Name = "output_hypernetworks_mlps")]
    private readonly ModuleList<LayeredPerceptron> _hypernetworks;

    [ComponentName(Name = "iou_prediction_head")]
    private readonly LayeredPerceptron _iouHead;

    /// <summary>Creates the decoder with uninitialised weights.</summary>
    public MaskDecoder(MaskDecoderConfig config)
        : base(nameof(MaskDecoder))
    {
        ArgumentNullException.ThrowIfNull(config);
        _masks = config.MultimaskOutputs + 1;
        _transformer = new TwoWayTransformer(config);
        _iouToken = new TokenEmbedding(1, config.EmbedDim);
        _maskTokens = new TokenEmbedding(_masks, config.EmbedDim);
        _upscaling = new OutputUpscaling(config.EmbedDim);
        _hypernetworks = new ModuleList<LayeredPerceptron>([.. Enumerable.Range(0, _masks)
            .Select(_ => new LayeredPerceptron(config.EmbedDim, config.EmbedDim, config.EmbedDim / 8, 3))]);
        _iouHead = new LayeredPerceptron(config.EmbedDim, config.IouHeadHiddenDim, _masks, config.IouHeadDepth);
        RegisterComponents();
    }

    /// <summary>Decodes prompts: one image with P prompts, or P images with one prompt each.</summary>
    /// <param name="image">Features of the image, [1 or P, h, w, C].</param>
    /// <param name="positions_hwC">The encoding of the grid: <see cref="PromptEncoder.EncodeGrid"/>.</param>
    /// <param name="sparse_PTC">Tokens of the prompts.</param>
    /// <param name="dense">The map of the mask prompts, [1 or P, 1 or h, 1 or w, C].</param>
    /// <param name="detail">Ours: features of the picture at four times the grid, [1 or P, 4 h, 4 w, C / 8]; null as in the reference.</param>
    /// <returns>All masks; the caller disposes it.</returns>
    public MaskDecoderOutput Decode(Tensor image, Tensor positions_hwC, Tensor sparse_PTC, Tensor dense, Tensor? detail = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(positions_hwC);
        ArgumentNullException.ThrowIfNull(sparse_PTC);
        ArgumentNullException.ThrowIfNull(dense);
        using var scope = NewDisposeScope();
        var (h, w, c) = (image.shape[1], image.shape[2], image.shape[3]);
        long prompts = new[] { image.shape[0], sparse_PTC.shape[0], dense.shape[0] }.Max();
        var learned = cat([_iouToken.Table, _maskTokens.Table]).unsqueeze(0).expand(prompts, -1, -1);
        var tokens_PTC = cat([learned, sparse_PTC.expand(prompts, -1, -1)], 1);
        var image_PNC = image.Plus(dense).reshape(-1, h * w, c).expand(prompts, -1, -1);

        var (asked_PTC, seen_PNC) = _transformer.Run(image_PNC, positions_hwC.reshape(1, h * w, c), tokens_PTC);
        var maskTokens_PMC = asked_PTC.narrow(1, 1, _masks);
        var upscaled = _upscaling.Run(seen_PNC.reshape(-1, h, w, c), detail);
        var pixels_PFN = upscaled.reshape(prompts, 16 * h * w, -1).transpose(1, 2);
        var masks_PMhw = Vectors(_hypernetworks, maskTokens_PMC).bmm(pixels_PFN).reshape(prompts, -1, 4 * h, 4 * w);
        var iou_PM = _iouHead.forward(asked_PTC.select(1, 0));
        return new MaskDecoderOutput(
            masks_PMhw.MoveToOuterDisposeScope(), iou_PM.MoveToOuterDisposeScope(), maskTokens_PMC.MoveToOuterDisposeScope(), upscaled.MoveToOuterDisposeScope());
    }

    /// <summary>Each mask's own vector, [P, M, F], from its token; one perceptron a mask.</summary>
    internal static Tensor Vectors(ModuleList<LayeredPerceptron> hypernetworks, Tensor tokens_PMC)
    {
        using var scope = NewDisposeScope();
        return stack([.. hypernetworks.Select((network, i) => network.forward(tokens_PMC.select(1, i)))], 1).MoveToOuterDisposeScope();
    }
}
