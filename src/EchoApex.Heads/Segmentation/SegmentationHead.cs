// Shape legend: B = images, P = prompts, M = masks, T = sparse tokens, H, W = input, h, w = patch grid, D, C = dimensions of the encoder and the head.
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation.Decoder;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Promptable segmentation on any encoder's patch grid: the prompt encoder and mask decoder of Segment Anything (Kirillov et
/// al. 2023) behind a neck, with a path from the picture that keeps masks sharp and a learned token a structure for the
/// automatic mode. An image is encoded once; prompts then cost the decoder alone.
/// </summary>
/// <remarks>
/// Keys: neck.*, prompt_encoder.*, mask_decoder.* (the reference's), high_resolution.*, semantic.*, dense_prompts.weight, class_tokens.weight.
/// <para>Thread safety: decoding in evaluation mode may run on several threads, each with its own features.</para>
/// </remarks>
public sealed class SegmentationHead : nn.Module
{
    [ComponentName(Name = "neck")]
    private readonly SegmentationNeck _neck;

    [ComponentName(Name = "prompt_encoder")]
    private readonly PromptEncoder _prompts;

    [ComponentName(Name = "mask_decoder")]
    private readonly MaskDecoder _decoder;

    [ComponentName(Name = "high_resolution")]
    private readonly HighResolutionPath? _highResolution;

    [ComponentName(Name = "dense_prompts")]
    private readonly PatchConvolution? _densePrompts;

    [ComponentName(Name = "semantic")]
    private readonly SemanticPath? _semantic;

    [ComponentName(Name = "class_tokens")]
    private readonly TokenEmbedding? _classTokens;

    /// <summary>Builds a head on the CPU.</summary>
    /// <param name="options">Its shape.</param>
    /// <param name="featureDimension">D, <see cref="IBackbone.FeatureDimension"/> of the encoder.</param>
    /// <param name="structures">Names of what it segments, without background.</param>
    /// <param name="initialization">Draws the initial weights; null when weights are about to be loaded.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or there is no structure.</exception>
    public SegmentationHead(SegmentationOptions options, int featureDimension, IReadOnlyList<string> structures, RandomStream? initialization = null)
        : base(nameof(SegmentationHead))
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(structures);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureDimension);
        OptionsValidator.Validate(options, "segmentation");
        if (structures.Count == 0 || structures.Any(string.IsNullOrWhiteSpace) || structures.Distinct(StringComparer.Ordinal).Count() != structures.Count)
        {
            throw new ConfigurationException("segmentation", $"structures are [{string.Join(", ", structures)}]; there must be at least one, all of different names.");
        }

        (Options, Structures, FeatureDimension) = (options, [.. structures], featureDimension);
        _neck = new SegmentationNeck(featureDimension, options.EmbedDim);
        _prompts = new PromptEncoder(options.EmbedDim, options.MaskChannels);
        _decoder = new MaskDecoder(Config(options));
        _highResolution = options.HighResolution ? new HighResolutionPath(options) : null;
        _densePrompts = options.DensePrompts ? new PatchConvolution(PromptMaps.Channels, options.EmbedDim, 4, bias: false) : null;
        _semantic = options.SemanticPrior ? new SemanticPath(options, structures.Count) : null;
        _classTokens = options.ClassTokens ? new TokenEmbedding(structures.Count, options.EmbedDim) : null;
        RegisterComponents();
        if (initialization is not null)
        {
            DecoderInitialization.Fill(this, initialization);
            _semantic?.Initialize(initialization);
        }

        // What is ours adds nothing at first: imported decoder weights give their own masks.
        _highResolution?.Silence();
        if (_densePrompts is not null)
        {
            DecoderInitialization.Zero(_densePrompts);
        }
    }

    /// <summary>The shape.</summary>
    public SegmentationOptions Options { get; }

    /// <summary>Names of what it segments.</summary>
    public IReadOnlyList<string> Structures { get; }

    /// <summary>D, the feature dimension of the encoder that it stands on.</summary>
    public int FeatureDimension { get; }

    /// <summary>Where the weights are.</summary>
    internal Device Device => _prompts.Positions.Matrix.device;

    /// <summary>Keeps of images what prompts are answered from.</summary>
    /// <param name="features">What the encoder says of them.</param>
    /// <param name="images_BCHW">The images that the encoder was given.</param>
    /// <returns>The features; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The images have not three channels, or an odd height or width.</exception>
    public SegmentationFeatures Encode(BackboneFeatures features, Tensor images_BCHW)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(images_BCHW);
        var (height, width) = ((int)images_BCHW.shape[2], (int)images_BCHW.shape[3]);
        if (images_BCHW.shape[1] != 3 || height % 2 != 0 || width % 2 != 0)
        {
            throw new ArgumentException($"The head takes images of 3 channels and even height and width; got [{string.Join(", ", images_BCHW.shape)}].", nameof(images_BCHW));
        }

        using var scope = NewDisposeScope();
        var patches_BhwD = features.Patches.reshape(-1, features.GridHeight, features.GridWidth, features.Patches.shape[2]);
        var image_BhwC = _neck.Run(patches_BhwD);
        var positions_hwC = _prompts.EncodeGrid(features.GridHeight, features.GridWidth);
        var (half, detail) = _highResolution is null ? default((Tensor?, Tensor?)) : _highResolution.Encode(images_BCHW, features.GridHeight, features.GridWidth);
        var semantic = _semantic?.Run(image_BhwC, half, half?.shape[2] ?? (4L * features.GridHeight), half?.shape[3] ?? (4L * features.GridWidth));
        return new SegmentationFeatures(
            image_BhwC.MoveToOuterDisposeScope(),
            positions_hwC.MoveToOuterDisposeScope(),
            half?.MoveToOuterDisposeScope(),
            detail?.MoveToOuterDisposeScope(),
            semantic?.MoveToOuterDisposeScope(),
            height,
            width);
    }

    /// <summary>Answers prompts: P prompts of one image, or one prompt of each of P images.</summary>
    /// <param name="features">Features of <see cref="Encode"/>.</param>
    /// <param name="prompts">The prompts.</param>
    /// <returns>All masks of each prompt; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The numbers of images and prompts do not belong together, or a structure is named without class tokens.</exception>
    public SegmentationOutput Decode(SegmentationFeatures features, PromptTensors prompts)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(prompts);
        if (features.Count != 1 && features.Count != prompts.Labels.shape[0])
        {
            throw new ArgumentException($"{prompts.Labels.shape[0]} prompts do not belong to {features.Count} images: give one image, or a prompt for each.", nameof(prompts));
        }

        using var scope = NewDisposeScope();
        var sparse_PTC = _prompts.EncodePoints(prompts.Places, prompts.Labels, _classTokens?.Table, features.Height, features.Width);
        var dense = prompts.Masks is null ? _prompts.EncodeNoMask() : _prompts.EncodeMasks(prompts.Masks);
        var maps_PHW3 = _densePrompts is null ? null : PromptMaps.Draw(prompts.Prompts, features, Device);
        dense = maps_PHW3 is null ? dense : dense.Plus(_densePrompts!.forward(maps_PHW3));
        var output = _decoder.Decode(features.Image, features.Positions, sparse_PTC, dense, features.Detail);
        var logits = _highResolution is null ? output.Masks : _highResolution.Refine(features.Half!, output, maps_PHW3);
        if (features.Semantic is not null)
        {
            logits = logits.Plus(SemanticPrior.Logits(features.Semantic, prompts.Prompts, features.Height, features.Width).mul(_semantic!.Scale));
        }

        return new SegmentationOutput(logits.MoveToOuterDisposeScope(), output.Iou.MoveToOuterDisposeScope());
    }

    /// <summary>Masks at the size that a mask prompt has, to be given back to the head.</summary>
    /// <param name="logits_PHW">Logits of <see cref="Decode"/>, one mask a prompt.</param>
    /// <param name="features">The features that they were decoded from.</param>
    /// <returns>[P, 4 h, 4 w], detached; the caller disposes it.</returns>
    public static Tensor ToMaskPrompt(Tensor logits_PHW, SegmentationFeatures features)
    {
        ArgumentNullException.ThrowIfNull(logits_PHW);
        ArgumentNullException.ThrowIfNull(features);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        return Bilinear.Resize(logits_PHW.detach().unsqueeze(1), features.MaskPromptHeight, features.MaskPromptWidth).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Reads the prompt encoder and mask decoder of Segment Anything, MedSAM or a relative from a .pth or safetensors file. Neck,
    /// high-resolution path and class tokens keep their weights, the semantic prior is silent until trained. Nothing is changed unless all fits.
    /// </summary>
    /// <param name="path">The file; its image encoder is left out.</param>
    /// <returns>What was loaded and what left out.</returns>
    /// <exception cref="CheckpointException">The file is damaged, holds no such decoder, or one of another shape.</exception>
    public LoadReport ImportDecoder(string path)
    {
        var report = SegmentAnythingImport.Load(this, path);
        _semantic?.Silence();
        return report;
    }

    private static MaskDecoderConfig Config(SegmentationOptions options) => new()
    {
        EmbedDim = options.EmbedDim,
        Depth = options.Depth,
        Heads = options.Heads,
        MlpDim = options.MlpDim,
        AttentionDownsampleRate = options.AttentionDownsampleRate,
        MultimaskOutputs = options.MultimaskOutputs,
        IouHeadDepth = options.IouHeadDepth,
        IouHeadHiddenDim = options.IouHeadHiddenDim,
    };
}
