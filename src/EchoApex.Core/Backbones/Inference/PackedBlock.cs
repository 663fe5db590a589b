// Shape legend: B = images, T = tokens, D = token dimension, h = heads, d = D / h.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A transformer block with packed maps: bias, GELU and the sums with the stream happen inside the products.</summary>
internal sealed class PackedBlock : IDisposable
{
    private readonly int _heads;
    private readonly PackedNorm _norm1;
    private readonly PackedLinear _qkv;
    private readonly PackedLinear _projection;
    private readonly PackedNorm _norm2;
    private readonly PackedLinear _expand;
    private readonly PackedLinear _contract;
    private readonly PackedAdapter? _afterAttention;
    private readonly PackedAdapter? _mlp;
    private readonly bool _isParallel;

    /// <summary>Packs a block; the folded one stays the caller's.</summary>
    public PackedBlock(FoldedBlock block, ScalarType type)
    {
        _heads = block.Heads;
        _norm1 = new PackedNorm(block.Norm1, type);
        _qkv = new PackedLinear(block.Qkv, type);
        _projection = new PackedLinear(block.Projection, type);
        _norm2 = new PackedNorm(block.Norm2, type);
        _expand = new PackedLinear(block.Expand, type);
        _contract = new PackedLinear(block.Contract, type);
        _afterAttention = PackedAdapter.Of(block.AfterAttention, type);
        _mlp = PackedAdapter.Of(block.Mlp, type);
        _isParallel = block.IsParallel;
    }

    /// <summary>[B, T, D] to [B, T, D]. The input is left as it is.</summary>
    public Tensor Run(Tensor x_BTD)
    {
        using var scope = NewDisposeScope();
        var middle_BTD = AddAttention(x_BTD);
        return AddMlp(middle_BTD).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _norm1, _qkv, _projection, _norm2, _expand, _contract, _afterAttention, _mlp })
        {
            part?.Dispose();
        }
    }

    private Tensor AddAttention(Tensor x_BTD)
    {
        using var normed_BTD = _norm1.Apply(x_BTD);
        using var joint_BT3D = _qkv.Apply(normed_BTD);
        using var mixed_BTD = HeadAttention.Mix(joint_BT3D, _heads);
        if (_afterAttention is null)
        {
            return _projection.ApplyPlus(mixed_BTD, x_BTD);
        }

        using var branch_BTD = _projection.Apply(mixed_BTD);
        using var adapted_BTD = _afterAttention.AddTo(branch_BTD, branch_BTD);
        return x_BTD.Plus(adapted_BTD);
    }

    private Tensor AddMlp(Tensor middle_BTD)
    {
        using var normed_BTD = _norm2.Apply(middle_BTD);
        using var hidden = _expand.Apply(normed_BTD, DnnlPacking.Epilogue.Gelu);
        if (_mlp is null)
        {
            return _contract.ApplyPlus(hidden, middle_BTD);
        }

        if (_isParallel)
        {
            using var sum_BTD = _contract.ApplyPlus(hidden, middle_BTD);
            return _mlp.AddTo(sum_BTD, middle_BTD);
        }

        using var branch_BTD = _contract.Apply(hidden);
        using var adapted_BTD = _mlp.AddTo(branch_BTD, branch_BTD);
        return middle_BTD.Plus(adapted_BTD);
    }
}
