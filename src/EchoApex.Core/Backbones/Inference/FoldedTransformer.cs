// Shape legend: M = side of the position table, h, w = patch rows and columns, R = registers, D = token dimension.
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A vision transformer's numbers for inference, all that can be merged merged. It owns its tensors, which are copies.</summary>
internal sealed class FoldedTransformer : IDisposable
{
    private readonly Tensor _cls_11D;
    private readonly Tensor? _registers_1RD;
    private readonly Tensor _table_1TD;

    private FoldedTransformer(VisionTransformerBackbone backbone)
    {
        Config = backbone.Config;
        _cls_11D = Copy(backbone.ClsToken);
        _registers_1RD = backbone.RegisterTokens is { } registers ? Copy(registers) : null;
        _table_1TD = Copy(backbone.PositionTable);
        MaskToken = backbone.MaskToken is { } mask ? Copy(mask) : null;
        Patches = FoldedConvolution.Of(backbone.PatchLayer.Projection);
        Blocks = [.. backbone.Blocks.Select(FoldedBlock.Of)];
        FinalNorm = FoldedNorm.Of(backbone.FinalNorm);
    }

    /// <summary>The network's shape.</summary>
    public BackboneConfig Config { get; }

    /// <summary>[1, D], or null.</summary>
    public Tensor? MaskToken { get; }

    /// <summary>The cut into patches.</summary>
    public FoldedConvolution Patches { get; }

    /// <summary>The blocks, front to back.</summary>
    public IReadOnlyList<FoldedBlock> Blocks { get; private set; }

    /// <summary>After the last block.</summary>
    public FoldedNorm FinalNorm { get; }

    /// <summary>A copy of a network as it computes in evaluation.</summary>
    public static FoldedTransformer Of(VisionTransformerBackbone backbone)
    {
        using var noGradient = no_grad();
        return new FoldedTransformer(backbone);
    }

    /// <summary>What stands before the patches of every image of a grid, and what is added to its patches.</summary>
    /// <param name="gridHeight">h.</param>
    /// <param name="gridWidth">w.</param>
    /// <returns>[1, 1 + R, D], the cls token with its position and the registers, and [1, h w, D]; the caller disposes them.</returns>
    public (Tensor Leading_1LD, Tensor Positions_1ND) Tokens(int gridHeight, int gridWidth)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var positions_1TD = PositionEmbedding.Interpolate(_table_1TD, gridHeight, gridWidth, Config.InterpolateOffset, Config.InterpolateAntialias);
        var cls_11D = _cls_11D.Plus(positions_1TD.narrow(1, 0, 1));
        var leading_1LD = _registers_1RD is null ? cls_11D : cat([cls_11D, _registers_1RD], 1);
        var patches_1ND = positions_1TD.narrow(1, 1, (long)gridHeight * gridWidth).contiguous();
        return (leading_1LD.MoveToOuterDisposeScope(), patches_1ND.MoveToOuterDisposeScope());
    }

    /// <summary>Frees the blocks, once what is needed of them lies elsewhere.</summary>
    public void ReleaseBlocks()
    {
        foreach (var block in Blocks)
        {
            block.Dispose();
        }

        Blocks = [];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _cls_11D, _registers_1RD, _table_1TD, MaskToken, Patches, FinalNorm }.Concat(Blocks))
        {
            part?.Dispose();
        }
    }

    private static Tensor Copy(Tensor parameter)
    {
        using var plain = parameter.detach();
        return plain.clone().DetachFromDisposeScope();
    }
}
