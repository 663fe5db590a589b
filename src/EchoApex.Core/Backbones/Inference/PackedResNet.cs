// Shape legend: B = images, C = channels, H, W = pixels, h, w = H / 32, W / 32, N = h w, D = feature dimension.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A ResNet with packed convolutions and maps whose channels are last in memory. Features leave as float32.</summary>
internal sealed class PackedResNet : IPreparedNetwork
{
    private readonly ScalarType _type;
    private readonly PackedConvolution _stem;
    private readonly PackedResidualBlock[][] _stages;

    /// <summary>Packs a network; the folded one stays the caller's.</summary>
    public PackedResNet(FoldedResNet folded, ScalarType type)
    {
        _type = type;
        using var noGradient = no_grad();
        _stem = new PackedConvolution(folded.Stem, folded.Config.ImageSize, type);
        long side = (_stem.OutputSide + 1) / 2;
        _stages = new PackedResidualBlock[folded.Stages.Count][];
        for (int stage = 0; stage < _stages.Length; stage++)
        {
            _stages[stage] = new PackedResidualBlock[folded.Stages[stage].Count];
            for (int i = 0; i < _stages[stage].Length; i++)
            {
                _stages[stage][i] = new PackedResidualBlock(folded.Stages[stage][i], side, type);
                side = _stages[stage][i].OutputSide;
            }
        }
    }

    /// <inheritdoc/>
    public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN, int gridHeight, int gridWidth)
    {
        using var scope = NewDisposeScope();
        var map_BDhw = Run(images_BCHW, _stages.Length - 1, null).As(ScalarType.Float32);
        var pooled_BD = map_BDhw.mean([2, 3]);
        var patches_BND = map_BDhw.flatten(2).transpose(1, 2);
        return new BackboneFeatures(pooled_BD.MoveToOuterDisposeScope(), patches_BND.MoveToOuterDisposeScope(), gridHeight, gridWidth);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm, int gridHeight, int gridWidth)
    {
        using var scope = NewDisposeScope();
        var results = new List<IntermediateFeatures>(stages.Count);
        Run(images_BCHW, stages[^1], (stage, map_BChw) =>
        {
            if (stages.Contains(stage))
            {
                results.Add(new IntermediateFeatures(stage, map_BChw.As(ScalarType.Float32).MoveToOuterDisposeScope(), null));
            }
        });
        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stem.Dispose();
        foreach (var block in _stages.SelectMany(stage => stage))
        {
            block.Dispose();
        }
    }

    private Tensor Run(Tensor images_BCHW, int last, Action<int, Tensor>? reached)
    {
        var map_BChw = Stem(images_BCHW);
        for (int stage = 0; stage <= last; stage++)
        {
            foreach (var block in _stages[stage])
            {
                using var input_BChw = map_BChw;
                map_BChw = block.Run(input_BChw);
            }

            reached?.Invoke(stage, map_BChw);
        }

        return map_BChw;
    }

    private Tensor Stem(Tensor images_BCHW)
    {
        using var scope = NewDisposeScope();
        var last_BCHW = images_BCHW.As(_type).permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        var map = _stem.Apply(last_BCHW, DnnlPacking.Epilogue.Relu);
        return nn.functional.max_pool2d(map, [3, 3], [2, 2], [1, 1]).MoveToOuterDisposeScope();
    }
}
