// Shape legend: B = clips, T = tokens, F = width.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>A pre-norm transformer block over the frames of a clip; keys "norm1", "attn", "norm2", "fc1", "fc2".</summary>
internal sealed class TemporalBlock : nn.Module
{
    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "attn")]
    private readonly TemporalAttention _attention;

    [ComponentName(Name = "norm2")]
    private readonly LayerNorm _norm2;

    [ComponentName(Name = "fc1")]
    private readonly Linear _expand;

    [ComponentName(Name = "fc2")]
    private readonly Linear _contract;

    public TemporalBlock(int width, int heads, int mlpRatio)
        : base(nameof(TemporalBlock))
    {
        _norm1 = new LayerNorm(width);
        _attention = new TemporalAttention(width, heads);
        _norm2 = new LayerNorm(width);
        _expand = new Linear(width, (long)mlpRatio * width);
        _contract = new Linear((long)mlpRatio * width, width);
        RegisterComponents();
    }

    public void Initialize(RandomStream random)
    {
        _attention.Initialize(random);
        _expand.Initialize(random);
        _contract.Initialize(random);
    }

    /// <summary>[B, T, F] to [B, T, F].</summary>
    public Tensor Transform(Tensor x_BTF, Tensor bias_B11T)
    {
        using var scope = NewDisposeScope();
        var middle_BTF = x_BTF.Plus(_attention.Attend(_norm1.forward(x_BTF), bias_B11T));
        var hidden = _expand.forward(_norm2.forward(middle_BTF)).gelu();
        return middle_BTF.Plus(_contract.forward(hidden)).MoveToOuterDisposeScope();
    }
}
