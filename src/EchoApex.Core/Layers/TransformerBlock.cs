// Shape legend: B = images, T = tokens, D = token dimension.
using EchoApex.Core.Adapters;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// A pre-norm transformer block: x + LayerScale(attention(norm(x))), then the same with the MLP; stochastic depth around
/// each branch. dinov2/layers/block.py; without LayerScale the block of DINO v1.
/// </summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "attn")]
    private readonly Attention _attention;

    [ComponentName(Name = "ls1")]
    private readonly LayerScale? _scale1;

    [ComponentName(Name = "norm2")]
    private readonly LayerNorm _norm2;

    [ComponentName(Name = "mlp")]
    private readonly Mlp _mlp;

    [ComponentName(Name = "ls2")]
    private readonly LayerScale? _scale2;

    [ComponentName(Name = "drop_path1")]
    private readonly DropPath _dropPath;

    // Owned and registered by its AdapterSet: the block's keys stay the reference's.
    private BlockAdapters? _adapters;

    public TransformerBlock(int embedDim, int heads, int hidden, double? layerScale, double dropPathRate, bool dropPathPerSample)
        : base(nameof(TransformerBlock))
    {
        _norm1 = new LayerNorm(embedDim);
        _attention = new Attention(embedDim, heads);
        _scale1 = layerScale is { } first ? new LayerScale(embedDim, first) : null;
        _norm2 = new LayerNorm(embedDim);
        _mlp = new Mlp(embedDim, hidden);
        _scale2 = layerScale is { } second ? new LayerScale(embedDim, second) : null;
        _dropPath = new DropPath(dropPathRate, dropPathPerSample);
        RegisterComponents();
    }

    /// <summary>Stochastic depth of both branches.</summary>
    public DropPath DropPath => _dropPath;

    /// <summary>Before attention.</summary>
    public LayerNorm Norm1 => _norm1;

    /// <summary>Attention.</summary>
    public Attention Attention => _attention;

    /// <summary>After attention.</summary>
    public LayerScale? Scale1 => _scale1;

    /// <summary>Before the MLP.</summary>
    public LayerNorm Norm2 => _norm2;

    /// <summary>The MLP.</summary>
    public Mlp Mlp => _mlp;

    /// <summary>After the MLP.</summary>
    public LayerScale? Scale2 => _scale2;

    /// <summary>What an <see cref="AdapterSet"/> has added to the block; null for nothing.</summary>
    public BlockAdapters? Adapters
    {
        get => _adapters;
        set
        {
            _adapters = value;
            _attention.Updates = value?.Attention;
        }
    }

    /// <summary>Writes LoRA's updates into the weights of the attention.</summary>
    public void MergeAttention(LoraUpdates updates) => _attention.Merge(updates);

    /// <summary>Whether inner activations are computed again for the gradient instead of being kept.</summary>
    public bool Recompute { get; set; }

    public void Initialize(RandomStream random)
    {
        _attention.Initialize(random);
        _mlp.Initialize(random);
    }

    /// <summary>[B, T, D] to [B, T, D]. The input is left as it is.</summary>
    public override Tensor forward(Tensor x_BTD) =>
        Recompute && is_grad_enabled() && x_BTD.requires_grad ? RecomputeFunction.apply(x_BTD, this) : Compute(x_BTD);

    /// <summary>The block's arithmetic.</summary>
    internal Tensor Compute(Tensor x_BTD)
    {
        // One scope a block: what a block made is freed before the next begins, unless the gradient needs it.
        using var scope = NewDisposeScope();
        var middle_BTD = AddBranch(x_BTD, _norm1, _attention, _scale1, _adapters?.AfterAttention, overwrite: false);

        // A parallel adapter sees the stream as the MLP finds it, but not normalised, and is never dropped (AdaptFormer).
        var beside_BTD = _adapters is { IsParallel: true, Mlp: { } parallel } ? parallel.forward(middle_BTD) : null;
        var sequential = _adapters is { IsParallel: false } ? _adapters.Mlp : null;
        var output_BTD = AddBranch(middle_BTD, _norm2, _mlp, _scale2, sequential, overwrite: !is_grad_enabled());
        if (beside_BTD is not null)
        {
            output_BTD = output_BTD.Plus(beside_BTD);
        }

        return output_BTD.MoveToOuterDisposeScope();
    }

    /// <summary>The attention weights of this block for its input, [B, heads, T, T].</summary>
    public Tensor AttentionScores(Tensor x_BTD)
    {
        using var normed_BTD = _norm1.forward(x_BTD);
        return _attention.Scores(normed_BTD);
    }

    private Tensor AddBranch(Tensor x_BTD, LayerNorm norm, nn.Module<Tensor, Tensor> layer, LayerScale? scale, BottleneckAdapter? adapter, bool overwrite)
    {
        if (_dropPath.IsActive)
        {
            return _dropPath.AddResidual(x_BTD, kept_KTD =>
            {
                var update_KTD = layer.forward(norm.forward(kept_KTD)).As(x_BTD.dtype);
                update_KTD = scale is null ? update_KTD : scale.forward(update_KTD);
                return adapter is null ? update_KTD : update_KTD.Plus(adapter.forward(update_KTD));
            });
        }

        using var normed_BTD = norm.forward(x_BTD);
        using var computed_BTD = layer.forward(normed_BTD);
        using var branch_BTD = computed_BTD.As(x_BTD.dtype);
        if (adapter is not null)
        {
            using var scaled_BTD = scale is null ? branch_BTD.alias() : scale.forward(branch_BTD);
            using var adapted_BTD = adapter.forward(scaled_BTD);
            using var sum_BTD = scaled_BTD.Plus(adapted_BTD);
            return x_BTD.Plus(sum_BTD);
        }

        if (scale is not null)
        {
            return scale.AddTo(x_BTD, branch_BTD, overwrite);
        }

        return overwrite ? x_BTD.PlusInPlace(branch_BTD) : x_BTD.Plus(branch_BTD);
    }
}
