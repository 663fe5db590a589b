// Shape legend: B = images, T = tokens, D = token dimension.
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>Linear, exact (erf) GELU, Linear, token by token; keys "fc1" and "fc2".</summary>
internal sealed class Mlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "fc1")]
    private readonly Linear _expand;

    [ComponentName(Name = "fc2")]
    private readonly Linear _contract;

    public Mlp(int embedDim, int hidden)
        : base(nameof(Mlp))
    {
        _expand = new Linear(embedDim, hidden);
        _contract = new Linear(hidden, embedDim);
        RegisterComponents();
    }

    /// <summary>D to the hidden width.</summary>
    public Linear First => _expand;

    /// <summary>The hidden width to D.</summary>
    public Linear Last => _contract;

    public void Initialize(RandomStream random)
    {
        _expand.Initialize(random);
        _contract.Initialize(random);
    }

    /// <summary>[B, T, D] to [B, T, D].</summary>
    public override Tensor forward(Tensor x_BTD)
    {
        using var activated = _expand.ForwardGelu(x_BTD);
        return _contract.forward(activated);
    }
}
