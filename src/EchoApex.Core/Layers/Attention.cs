// Shape legend: B = images, T = tokens, D = token dimension, h = heads, d = D / h.
using EchoApex.Core.Adapters;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// Multi-head self-attention with one joint projection whose rows are [queries | keys | values], each head after head;
/// keys "qkv" and "proj". Scores are scaled by d^-0.5.
/// </summary>
internal sealed class Attention : nn.Module<Tensor, Tensor>
{
    private readonly int _heads;

    [ComponentName(Name = "qkv")]
    private readonly Linear _qkv;

    [ComponentName(Name = "proj")]
    private readonly Linear _projection;

    private LoraUpdates? _updates;

    public Attention(int embedDim, int heads)
        : base(nameof(Attention))
    {
        _heads = heads;
        _qkv = new Linear(embedDim, 3L * embedDim);
        _projection = new Linear(embedDim, embedDim);
        RegisterComponents();
    }

    /// <summary>Heads.</summary>
    public int Heads => _heads;

    /// <summary>The joint projection.</summary>
    public Linear Qkv => _qkv;

    /// <summary>The projection of the mixed values.</summary>
    public Linear Projection => _projection;

    /// <summary>LoRA's updates, owned by an <see cref="AdapterSet"/>; null for none.</summary>
    public LoraUpdates? Updates
    {
        get => _updates;
        set => _updates = value;
    }

    /// <summary>Writes LoRA's updates into the weights.</summary>
    public void Merge(LoraUpdates updates) => updates.MergeInto(_qkv.parameters().First(), _projection.parameters().First());

    public void Initialize(RandomStream random)
    {
        _qkv.Initialize(random);
        _projection.Initialize(random);
    }

    /// <summary>[B, T, D] to [B, T, D].</summary>
    public override Tensor forward(Tensor x_BTD)
    {
        using var scope = NewDisposeScope();
        var qkv_BhTd = ProjectHeads(x_BTD);
        var mixed_BhTd = nn.functional.scaled_dot_product_attention(qkv_BhTd[0], qkv_BhTd[1], qkv_BhTd[2], is_casual: false);

        // The fused kernel writes tokens before heads, so that this reshape is a view.
        var mixed_BTD = mixed_BhTd.transpose(1, 2).reshape(x_BTD.shape);
        var projected_BTD = _projection.forward(mixed_BTD);
        projected_BTD = _updates is null ? projected_BTD : _updates.AddToOutput(mixed_BTD, projected_BTD);
        return projected_BTD.MoveToOuterDisposeScope();
    }

    /// <summary>The attention weights themselves, [B, h, T, T]; each row sums to 1.</summary>
    public Tensor Scores(Tensor x_BTD)
    {
        using var scope = NewDisposeScope();
        var qkv_BhTd = ProjectHeads(x_BTD);
        double scale = Math.Pow(qkv_BhTd[0].shape[3], -0.5);
        var scores_BhTT = einsum("bhqd,bhkd->bhqk", qkv_BhTd[0].Times(scale), qkv_BhTd[1]);
        return scores_BhTT.softmax(-1).MoveToOuterDisposeScope();
    }

    private Tensor[] ProjectHeads(Tensor x_BTD)
    {
        long[] shape = x_BTD.shape;
        var joint_BT3D = _qkv.forward(x_BTD);
        joint_BT3D = _updates is null ? joint_BT3D : _updates.AddToJoint(x_BTD, joint_BT3D);
        var qkv_BT3hd = joint_BT3D.view(shape[0], shape[1], 3, _heads, shape[2] / _heads);
        return qkv_BT3hd.permute(2, 0, 3, 1, 4).unbind(0);
    }
}
