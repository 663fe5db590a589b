// Shape legend: B = clips, T = tokens, F = width, h = heads, d = F / h.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Multi-head self-attention over the frames of a clip that does not see padding; keys "qkv" and "proj".</summary>
internal sealed class TemporalAttention : nn.Module
{
    private readonly int _heads;

    [ComponentName(Name = "qkv")]
    private readonly Linear _qkv;

    [ComponentName(Name = "proj")]
    private readonly Linear _projection;

    public TemporalAttention(int width, int heads)
        : base(nameof(TemporalAttention))
    {
        _heads = heads;
        _qkv = new Linear(width, 3L * width);
        _projection = new Linear(width, width);
        RegisterComponents();
    }

    public void Initialize(RandomStream random)
    {
        _qkv.Initialize(random);
        _projection.Initialize(random);
    }

    /// <summary>[B, T, F] to [B, T, F]; <paramref name="bias_B11T"/> is 0 for tokens to see and very negative for padding.</summary>
    public Tensor Attend(Tensor x_BTF, Tensor bias_B11T)
    {
        using var scope = NewDisposeScope();
        long[] shape = x_BTF.shape;
        var qkv_BhTd = _qkv.forward(x_BTF).view(shape[0], shape[1], 3, _heads, shape[2] / _heads).permute(2, 0, 3, 1, 4).unbind(0);
        var bias_BhTT = bias_B11T.expand(shape[0], _heads, shape[1], shape[1]);
        var mixed_BhTd = nn.functional.scaled_dot_product_attention(qkv_BhTd[0], qkv_BhTd[1], qkv_BhTd[2], bias_BhTT, 0, false);
        return _projection.forward(mixed_BhTd.transpose(1, 2).reshape(shape)).MoveToOuterDisposeScope();
    }
}
