// Shape legend: B = images, H, W = pixels, h, w = patch rows and columns, N = h*w, R = registers, T = 1 + R + N, D = token dimension.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using LayerNorm = EchoApex.Core.Layers.LayerNorm;

namespace EchoApex.Core.Backbones.VisionTransformer;

/// <summary>
/// The vision transformer of DINO and DINOv2 (Dosovitskiy et al. 2021; Caron et al. 2021; Oquab et al. 2024; registers:
/// Darcet et al. 2024). Upstream: dinov2/models/vision_transformer.py, dino/vision_transformer.py. State-dict keys and
/// their order are the reference's.
/// </summary>
/// <remarks>
/// Order of work: patches; masked patches are replaced by the mask token; cls token in front; positions are added (so a
/// masked patch keeps its position); registers go in after cls, without position. A configuration without LayerScale and
/// without mask token is the network of DINO v1. Create it with <see cref="BackboneFactory"/>.
/// <para>Thread safety: an instance serves one thread at a time while training; inference may run on several.</para>
/// </remarks>
public sealed class VisionTransformerBackbone : nn.Module, IBackbone, IStochasticModule
{
    [ComponentName(Name = "cls_token")]
    private readonly Parameter _clsToken;

    [ComponentName(Name = "pos_embed")]
    private readonly Parameter _positions;

    [ComponentName(Name = "register_tokens")]
    private readonly Parameter? _registers;

    [ComponentName(Name = "mask_token")]
    private readonly Parameter? _maskToken;

    [ComponentName(Name = "patch_embed")]
    private readonly PatchEmbedding _patchEmbedding;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<TransformerBlock> _blocks;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    private RandomStream _random = RandomStream.For(0, "drop-path");

    internal VisionTransformerBackbone(BackboneConfig config, RandomStream? initialization)
        : base(nameof(VisionTransformerBackbone))
    {
        Config = config;
        int grid = config.ImageSize / config.PatchSize;
        int hidden = (int)(config.EmbedDim * config.MlpRatio);
        _clsToken = Weights.Constant(0, 1, 1, config.EmbedDim);
        _positions = Weights.Uninitialized(1, 1 + ((long)grid * grid), config.EmbedDim);
        _registers = config.Registers > 0 ? Weights.Constant(0, 1, config.Registers, config.EmbedDim) : null;
        _maskToken = config.MaskToken ? Weights.Constant(0, 1, config.EmbedDim) : null;
        _patchEmbedding = new PatchEmbedding(config.InputChannels, config.PatchSize, config.EmbedDim);
        _blocks = [];
        for (int i = 0; i < config.Depth; i++)
        {
            _blocks.Add(new TransformerBlock(config.EmbedDim, config.Heads, hidden, config.LayerScale, DropPathRate(config, i), config.DropPathPerSample));
        }

        _norm = new LayerNorm(config.EmbedDim);
        RegisterComponents();
        Random = _random;
        if (initialization is not null)
        {
            Initialize(initialization);
        }
    }

    /// <inheritdoc/>
    public BackboneConfig Config { get; }

    /// <inheritdoc/>
    public int FeatureDimension => Config.EmbedDim;

    /// <inheritdoc/>
    public int PatchSize => Config.PatchSize;

    /// <inheritdoc/>
    public int StageCount => Config.Depth;

    /// <inheritdoc/>
    nn.Module IBackbone.Module => this;

    /// <inheritdoc/>
    public Precision Precision
    {
        get => _patchEmbedding.Precision;
        set => this.SetPrecision(value);
    }

    /// <summary>
    /// Whether each block keeps its input alone while training and computes its inner activations again for the gradient: a
    /// third more work for a fraction of the memory. The gradients are the same.
    /// </summary>
    public bool RecomputeActivations
    {
        get => _blocks.Count > 0 && _blocks[0].Recompute;
        set
        {
            foreach (var block in _blocks)
            {
                block.Recompute = value;
            }
        }
    }

    /// <summary>
    /// The stream of stochastic depth; used while training with a <see cref="BackboneConfig.DropPathRate"/> above 0. It
    /// starts from a fixed seed: a training run sets its own. Attention draws before the MLP, block after block.
    /// </summary>
    public RandomStream Random
    {
        get => _random;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _random = value;
            foreach (var block in _blocks)
            {
                block.DropPath.Random = value;
            }
        }
    }

    /// <summary>Told about each backward pass through <see cref="Extract"/>, block by block; null for nobody.</summary>
    public IBackwardObserver? BackwardObserver { get; set; }

    /// <summary>The transformer blocks, front to back.</summary>
    internal IReadOnlyList<TransformerBlock> Blocks => [.. _blocks];

    /// <summary>Replaces the permutations of stochastic depth in every block, in the order of <see cref="Random"/>: to replay a recorded run.</summary>
    internal Func<int, int[]>? DropPathPermutation
    {
        set
        {
            foreach (var block in _blocks)
            {
                block.DropPath.Permutation = value;
            }
        }
    }

    /// <inheritdoc/>
    public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN = null)
    {
        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        ImageShape.CheckMasks(masks_BN, images_BCHW.shape[0], (long)height * width, _maskToken is not null, Config.Architecture);
        using var scope = NewDisposeScope();
        var tokens_BTD = PrepareTokens(images_BCHW, masks_BN, height, width);
        var observer = is_grad_enabled() ? BackwardObserver : null;
        for (int i = 0; i < _blocks.Count; i++)
        {
            using var input_BTD = tokens_BTD;
            using var watched_BTD = observer is null ? null : BackwardBoundary.Pass(input_BTD, observer, i);
            tokens_BTD = _blocks[i].forward(watched_BTD ?? input_BTD);
        }

        var normed_BTD = _norm.forward(tokens_BTD);
        var (cls_BD, registers_BRD, patches_BND) = Split(normed_BTD, height * width);
        return new BackboneFeatures(
            cls_BD.MoveToOuterDisposeScope(),
            patches_BND.MoveToOuterDisposeScope(),
            height,
            width,
            registers_BRD?.MoveToOuterDisposeScope(),
            tokens_BTD.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The image's shape does not fit, or the stages are none, not ascending or out of range.</exception>
    public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm = true)
    {
        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        ImageShape.CheckStages(stages, StageCount);
        using var scope = NewDisposeScope();
        var tokens_BTD = PrepareTokens(images_BCHW, null, height, width);
        var results = new List<IntermediateFeatures>(stages.Count);
        for (int i = 0; i <= stages[^1]; i++)
        {
            using var input_BTD = tokens_BTD;
            tokens_BTD = _blocks[i].forward(input_BTD);
            if (stages[results.Count] == i)
            {
                results.Add(Intermediate(i, applyFinalNorm ? _norm.forward(tokens_BTD) : tokens_BTD, height, width));
            }
        }

        return results;
    }

    /// <summary>How the last block's heads attend, for attention maps: row 0 is the cls token's view of all tokens.</summary>
    /// <param name="images_BCHW">Normalised images [B, 3, H, W].</param>
    /// <returns>Weights [B, heads, T, T]; each row sums to 1. Token order: cls, registers, patches row by row.</returns>
    /// <exception cref="ArgumentException">The image's shape does not fit.</exception>
    public Tensor LastSelfAttention(Tensor images_BCHW)
    {
        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        using var scope = NewDisposeScope();
        var tokens_BTD = PrepareTokens(images_BCHW, null, height, width);
        for (int i = 0; i < _blocks.Count - 1; i++)
        {
            using var input_BTD = tokens_BTD;
            tokens_BTD = _blocks[i].forward(input_BTD);
        }

        return _blocks[^1].AttentionScores(tokens_BTD).MoveToOuterDisposeScope();
    }

    /// <summary>How the heads of every block attend, front to back, as <see cref="LastSelfAttention"/> gives it of the last one.</summary>
    /// <param name="images_BCHW">Normalised images [B, 3, H, W].</param>
    /// <returns>One tensor a block, [B, heads, T, T]; they are the caller's.</returns>
    /// <exception cref="ArgumentException">The image's shape does not fit.</exception>
    public IReadOnlyList<Tensor> SelfAttentions(Tensor images_BCHW)
    {
        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        using var scope = NewDisposeScope();
        var tokens_BTD = PrepareTokens(images_BCHW, null, height, width);
        var scores = new List<Tensor>(_blocks.Count);
        foreach (var block in _blocks)
        {
            scores.Add(block.AttentionScores(tokens_BTD).MoveToOuterDisposeScope());
            using var input_BTD = tokens_BTD;
            tokens_BTD = block.forward(input_BTD);
        }

        return scores;
    }

    /// <summary>The position embedding of a patch grid, [1, 1 + N, D].</summary>
    internal Tensor Positions(int gridHeight, int gridWidth) =>
        PositionEmbedding.Interpolate(_positions, gridHeight, gridWidth, Config.InterpolateOffset, Config.InterpolateAntialias);

    /// <summary>The stochastic-depth rate of a block: the same in all, or rising linearly from 0.</summary>
    internal static double DropPathRate(BackboneConfig config, int block) =>
        config.DropPathUniform ? config.DropPathRate
        : config.Depth == 1 ? 0
        : config.DropPathRate * block / (config.Depth - 1);

    private void Initialize(RandomStream random)
    {
        // DINO v1 draws the cls token like the positions; DINOv2 starts it, and the registers, at next to nothing.
        bool firstVersion = Config.LayerScale is null && !Config.MaskToken;
        WeightInitialization.TruncatedNormal(_positions, random);
        WeightInitialization.Normal(_clsToken, random, 0, firstVersion ? 0.02 : 1e-6);
        if (_registers is not null)
        {
            WeightInitialization.Normal(_registers, random, 0, 1e-6);
        }

        _patchEmbedding.Initialize(random);
        foreach (var block in _blocks)
        {
            block.Initialize(random);
        }
    }

    private Tensor PrepareTokens(Tensor images_BCHW, Tensor? masks_BN, int height, int width)
    {
        using var scope = NewDisposeScope();
        long patches = (long)height * width;
        var patches_BND = _patchEmbedding.forward(images_BCHW);
        if (masks_BN is not null)
        {
            patches_BND = where(masks_BN.unsqueeze(-1), _maskToken!.unsqueeze(0).to(patches_BND.dtype), patches_BND);
        }

        var positions_1TD = Positions(height, width);
        var cls_BD = _clsToken.Plus(positions_1TD.narrow(1, 0, 1)).expand(images_BCHW.shape[0], -1, -1);
        patches_BND = patches_BND.Plus(positions_1TD.narrow(1, 1, patches));
        Tensor[] tokens = _registers is null ? [cls_BD, patches_BND] : [cls_BD, _registers.expand(images_BCHW.shape[0], -1, -1), patches_BND];
        return cat(tokens, 1).MoveToOuterDisposeScope();
    }

    private (Tensor Cls_BD, Tensor? Registers_BRD, Tensor Patches_BND) Split(Tensor tokens_BTD, long patches) =>
        (tokens_BTD.select(1, 0),
        Config.Registers > 0 ? tokens_BTD.narrow(1, 1, Config.Registers) : null,
        tokens_BTD.narrow(1, 1 + Config.Registers, patches));

    private IntermediateFeatures Intermediate(int index, Tensor tokens_BTD, int height, int width)
    {
        var (cls_BD, _, patches_BND) = Split(tokens_BTD, (long)height * width);
        var map_BDhw = patches_BND.transpose(1, 2).reshape(tokens_BTD.shape[0], Config.EmbedDim, height, width);
        return new IntermediateFeatures(index, map_BDhw.MoveToOuterDisposeScope(), cls_BD.MoveToOuterDisposeScope());
    }
}
