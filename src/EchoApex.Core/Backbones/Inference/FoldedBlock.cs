using EchoApex.Core.Layers;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>
/// A transformer block for inference: LoRA, LayerScale and the scale of attention are written into the projections; bottleneck adapters stay, for they
/// are not linear.
/// </summary>
internal sealed class FoldedBlock : IDisposable
{
    private FoldedBlock(TransformerBlock block)
    {
        Heads = block.Attention.Heads;
        Norm1 = FoldedNorm.Of(block.Norm1);
        Qkv = FoldedLinear.Of(block.Attention.Qkv);
        Projection = FoldedLinear.Of(block.Attention.Projection);
        block.Attention.Updates?.MergeInto(Qkv.Weight, Projection.Weight);
        long dimension = Qkv.Weight.shape[1];
        Qkv.ScaleRows(dimension, Math.Pow((double)dimension / Heads, -0.5));
        Projection.ScaleBy(block.Scale1?.Gamma);
        Norm2 = FoldedNorm.Of(block.Norm2);
        Expand = FoldedLinear.Of(block.Mlp.First);
        Contract = FoldedLinear.Of(block.Mlp.Last).ScaleBy(block.Scale2?.Gamma);
        AfterAttention = FoldedAdapter.Of(block.Adapters?.AfterAttention);
        Mlp = FoldedAdapter.Of(block.Adapters?.Mlp);
        IsParallel = block.Adapters?.IsParallel ?? false;
    }

    /// <summary>Attention heads.</summary>
    public int Heads { get; }

    /// <summary>Before attention.</summary>
    public FoldedNorm Norm1 { get; }

    /// <summary>Queries, keys, values. Queries are scaled by d^-0.5 already: scores need no scale.</summary>
    public FoldedLinear Qkv { get; }

    /// <summary>Mixed values to the stream.</summary>
    public FoldedLinear Projection { get; }

    /// <summary>Before the MLP.</summary>
    public FoldedNorm Norm2 { get; }

    /// <summary>The MLP's first map.</summary>
    public FoldedLinear Expand { get; }

    /// <summary>The MLP's second map.</summary>
    public FoldedLinear Contract { get; }

    /// <summary>The adapter after the attention branch; null for none.</summary>
    public FoldedAdapter? AfterAttention { get; }

    /// <summary>The adapter of the MLP branch; null for none.</summary>
    public FoldedAdapter? Mlp { get; }

    /// <summary>Whether <see cref="Mlp"/> reads the stream beside the branch; otherwise it follows it.</summary>
    public bool IsParallel { get; }

    /// <summary>A copy of a block as it computes in evaluation.</summary>
    public static FoldedBlock Of(TransformerBlock block)
    {
        using var noGradient = no_grad();
        return new FoldedBlock(block);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { Norm1, Qkv, Projection, Norm2, Expand, Contract, AfterAttention, Mlp })
        {
            part?.Dispose();
        }
    }
}
