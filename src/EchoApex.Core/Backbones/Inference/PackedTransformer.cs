// Shape legend: B = images, C = channels, H, W = pixels, P = patch side, h, w = patch rows and columns, N = h w, R = registers,
// L = 1 + R leading tokens, T = L + N, D = token dimension.
using System.Collections.Concurrent;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A vision transformer with packed maps. Its stream of tokens has the format of the products; features leave as float32.</summary>
internal sealed class PackedTransformer : IPreparedNetwork
{
    private readonly FoldedTransformer _folded;
    private readonly ScalarType _type;
    private readonly PackedLinear _patches;
    private readonly PackedBlock[] _blocks;
    private readonly PackedNorm _norm;
    private readonly Tensor? _maskToken_1D;
    private readonly ConcurrentDictionary<(int Height, int Width), Lazy<Grid>> _grids = new();

    /// <summary>Packs a network and takes it over.</summary>
    public PackedTransformer(FoldedTransformer folded, ScalarType type)
    {
        (_folded, _type) = (folded, type);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        _patches = new PackedLinear(folded.Patches.Weight.flatten(1), folded.Patches.Bias, type);
        _blocks = [.. folded.Blocks.Select(block => new PackedBlock(block, type))];
        _norm = new PackedNorm(folded.FinalNorm, type);
        _maskToken_1D = folded.MaskToken?.to(type, copy: true).DetachFromDisposeScope();
        folded.ReleaseBlocks();
    }

    private int Registers => _folded.Config.Registers;

    /// <inheritdoc/>
    public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN, int gridHeight, int gridWidth)
    {
        using var scope = NewDisposeScope();
        var tokens_BTD = Tokens(images_BCHW, masks_BN, gridHeight, gridWidth);
        foreach (var block in _blocks)
        {
            using var input_BTD = tokens_BTD;
            tokens_BTD = block.Run(input_BTD);
        }

        var normed_BTD = Normalize(tokens_BTD);
        return new BackboneFeatures(
            normed_BTD.select(1, 0).MoveToOuterDisposeScope(),
            normed_BTD.narrow(1, 1 + Registers, (long)gridHeight * gridWidth).MoveToOuterDisposeScope(),
            gridHeight,
            gridWidth,
            Registers > 0 ? normed_BTD.narrow(1, 1, Registers).MoveToOuterDisposeScope() : null,
            tokens_BTD.As(ScalarType.Float32).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm, int gridHeight, int gridWidth)
    {
        using var scope = NewDisposeScope();
        var tokens_BTD = Tokens(images_BCHW, null, gridHeight, gridWidth);
        var results = new List<IntermediateFeatures>(stages.Count);
        for (int i = 0; i <= stages[^1]; i++)
        {
            using var input_BTD = tokens_BTD;
            tokens_BTD = _blocks[i].Run(input_BTD);
            if (stages[results.Count] == i)
            {
                results.Add(Intermediate(i, applyFinalNorm ? Normalize(tokens_BTD) : tokens_BTD.As(ScalarType.Float32), gridHeight, gridWidth));
            }
        }

        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _folded, _patches, _norm, _maskToken_1D }.Concat(_blocks).Concat(_grids.Values.Select(grid => grid.Value)))
        {
            part?.Dispose();
        }
    }

    private Tensor Tokens(Tensor images_BCHW, Tensor? masks_BN, int gridHeight, int gridWidth)
    {
        using var scope = NewDisposeScope();
        var grid = _grids.GetOrAdd((gridHeight, gridWidth), key => new Lazy<Grid>(() => new Grid(_folded, key.Height, key.Width, _type))).Value;
        var (images, channels, side) = (images_BCHW.shape[0], images_BCHW.shape[1], (long)_folded.Config.PatchSize);
        var patches_BNI = images_BCHW.As(_type)
            .reshape(images, channels, gridHeight, side, gridWidth, side)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(images, (long)gridHeight * gridWidth, channels * side * side);
        var patches_BND = _patches.Apply(patches_BNI);
        if (masks_BN is not null)
        {
            patches_BND = where(masks_BN.unsqueeze(-1), _maskToken_1D!.unsqueeze(0), patches_BND);
        }

        patches_BND = patches_BND.PlusInPlace(grid.Positions_1ND);
        return cat([grid.Leading_1LD.expand(images, -1, -1), patches_BND], 1).MoveToOuterDisposeScope();
    }

    private Tensor Normalize(Tensor tokens_BTD) => _norm.Apply(tokens_BTD).As(ScalarType.Float32);

    private IntermediateFeatures Intermediate(int index, Tensor tokens_BTD, int height, int width)
    {
        var patches_BND = tokens_BTD.narrow(1, 1 + Registers, (long)height * width);
        var map_BDhw = patches_BND.transpose(1, 2).reshape(tokens_BTD.shape[0], tokens_BTD.shape[2], height, width);
        return new IntermediateFeatures(index, map_BDhw.MoveToOuterDisposeScope(), tokens_BTD.select(1, 0).MoveToOuterDisposeScope());
    }

    // What belongs to a patch grid; made once, for it takes as long as a block.
    private sealed class Grid : IDisposable
    {
        public Grid(FoldedTransformer folded, int height, int width, ScalarType type)
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var (leading, positions) = folded.Tokens(height, width);
            Leading_1LD = leading.to(type, copy: true).DetachFromDisposeScope();
            Positions_1ND = positions.to(type, copy: true).DetachFromDisposeScope();
        }

        public Tensor Leading_1LD { get; }

        public Tensor Positions_1ND { get; }

        public void Dispose()
        {
            Leading_1LD.Dispose();
            Positions_1ND.Dispose();
        }
    }
}
