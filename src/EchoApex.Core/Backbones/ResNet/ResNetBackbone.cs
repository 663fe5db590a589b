// Shape legend: B = images, H, W = pixels, h, w = H / 32, W / 32, N = h*w, C = channels of a map, S = channels of the stem
// (64), D = 32 S = 2048.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using BatchNorm = EchoApex.Core.Layers.BatchNorm;

namespace EchoApex.Core.Backbones.ResNet;

/// <summary>
/// ResNet50 v1.5 without its classifier, in torchvision's key names (torchvision/models/resnet.py). The cls vector is the
/// average of the last map, the patches are that map. Narrower or shorter ones of the same kind are ours. Create it with
/// <see cref="BackboneFactory"/>.
/// </summary>
public sealed class ResNetBackbone : nn.Module, IBackbone
{
    private const int Stem50 = 64;
    private static readonly int[] Blocks50 = [3, 4, 6, 3];

    [ComponentName(Name = "conv1")]
    private readonly Convolution2d _stem;

    [ComponentName(Name = "bn1")]
    private readonly BatchNorm _stemNorm;

    [ComponentName(Name = "layer1")]
    private readonly ModuleList<Bottleneck> _stage1;

    [ComponentName(Name = "layer2")]
    private readonly ModuleList<Bottleneck> _stage2;

    [ComponentName(Name = "layer3")]
    private readonly ModuleList<Bottleneck> _stage3;

    [ComponentName(Name = "layer4")]
    private readonly ModuleList<Bottleneck> _stage4;

    internal ResNetBackbone(BackboneConfig config, RandomStream? initialization)
        : base(nameof(ResNetBackbone))
    {
        Config = config;
        int channels = config.EmbedDim == 0 ? Stem50 : config.EmbedDim / 32;
        int[] blocks = config.Depth == 0 ? Blocks50 : [config.Depth, config.Depth, config.Depth, config.Depth];
        _stem = new Convolution2d(config.InputChannels, channels, 7, stride: 2, padding: 3);
        _stemNorm = new BatchNorm(channels);
        _stage1 = Stage(blocks[0], channels, channels, stride: 1);
        _stage2 = Stage(blocks[1], channels * 4, channels * 2, stride: 2);
        _stage3 = Stage(blocks[2], channels * 8, channels * 4, stride: 2);
        _stage4 = Stage(blocks[3], channels * 16, channels * 8, stride: 2);
        RegisterComponents();
        if (initialization is not null)
        {
            Initialize(initialization);
        }
    }

    /// <inheritdoc/>
    public BackboneConfig Config { get; }

    /// <inheritdoc/>
    public int FeatureDimension => Config.FeatureDimension;

    /// <inheritdoc/>
    public int PatchSize => 32;

    /// <inheritdoc/>
    public int StageCount => 4;

    /// <inheritdoc/>
    nn.Module IBackbone.Module => this;

    /// <inheritdoc/>
    public Precision Precision
    {
        get => _stem.Precision;
        set => this.SetPrecision(value);
    }

    /// <summary>The first convolution with its norm.</summary>
    internal (Convolution2d Convolution, BatchNorm Norm) StemLayer => (_stem, _stemNorm);

    /// <summary>The residual blocks, front to back.</summary>
    internal IReadOnlyList<Bottleneck> Blocks => [.. Stages.SelectMany(stage => stage)];

    /// <summary>How many blocks each stage has.</summary>
    internal IReadOnlyList<int> StageSizes => [.. Stages.Select(stage => stage.Count)];

    private ModuleList<Bottleneck>[] Stages => [_stage1, _stage2, _stage3, _stage4];

    /// <inheritdoc/>
    public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN = null)
    {
        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        ImageShape.CheckMasks(masks_BN, images_BCHW.shape[0], (long)height * width, hasMaskToken: false, Config.Architecture);
        using var scope = NewDisposeScope();
        var map_BChw = Stem(images_BCHW);
        foreach (var stage in Stages)
        {
            map_BChw = Run(stage, map_BChw);
        }

        map_BChw = map_BChw.As(ScalarType.Float32);
        var pooled_BD = map_BChw.mean([2, 3]);
        var patches_BND = map_BChw.flatten(2).transpose(1, 2);
        return new BackboneFeatures(pooled_BD.MoveToOuterDisposeScope(), patches_BND.MoveToOuterDisposeScope(), height, width);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The image's shape does not fit, or the stages are none, not ascending or out of range.</exception>
    public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm = true)
    {
        ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        ImageShape.CheckStages(stages, StageCount);
        using var scope = NewDisposeScope();
        var map_BChw = Stem(images_BCHW);
        var results = new List<IntermediateFeatures>(stages.Count);
        for (int i = 0; i <= stages[^1]; i++)
        {
            map_BChw = Run(Stages[i], map_BChw);
            if (stages[results.Count] == i)
            {
                results.Add(new IntermediateFeatures(i, map_BChw.As(ScalarType.Float32).MoveToOuterDisposeScope(), null));
            }
        }

        return results;
    }

    /// <summary>Everything before the first stage: [B, C, H, W] to [B, S, H / 4, W / 4].</summary>
    internal Tensor Stem(Tensor images_BCHW)
    {
        using var map = Bottleneck.ConvolveAndNormalize(_stem, _stemNorm, images_BCHW);
        map.relu_();
        return nn.functional.max_pool2d(map, [3, 3], [2, 2], [1, 1]);
    }

    // Consumes its input.
    private static Tensor Run(ModuleList<Bottleneck> stage, Tensor map_BChw)
    {
        foreach (var block in stage)
        {
            using var input_BChw = map_BChw;
            map_BChw = block.forward(input_BChw);
        }

        return map_BChw;
    }

    private static ModuleList<Bottleneck> Stage(int count, int inputChannels, int width, int stride)
    {
        var blocks = new ModuleList<Bottleneck>();
        for (int i = 0; i < count; i++)
        {
            blocks.Add(new Bottleneck(i == 0 ? inputChannels : width * Bottleneck.Expansion, width, i == 0 ? stride : 1));
        }

        return blocks;
    }

    private void Initialize(RandomStream random)
    {
        _stem.InitializeNormal(random);
        foreach (var stage in Stages)
        {
            foreach (var block in stage)
            {
                block.Initialize(random);
            }
        }
    }
}
