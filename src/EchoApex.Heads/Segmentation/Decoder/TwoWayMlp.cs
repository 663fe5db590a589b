// Shape legend: B = prompts, T = tokens, C = embedding dimension.
using EchoApex.Core.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>Linear, ReLU, Linear; keys lin1 and lin2.</summary>
internal sealed class TwoWayMlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "lin1")]
    private readonly Linear _expand;

    [ComponentName(Name = "lin2")]
    private readonly Linear _contract;

    public TwoWayMlp(int embedDim, int hidden)
        : base(nameof(TwoWayMlp))
    {
        _expand = new Linear(embedDim, hidden);
        _contract = new Linear(hidden, embedDim);
        RegisterComponents();
    }

    /// <summary>[B, T, C] to [B, T, C].</summary>
    public override Tensor forward(Tensor x_BTC)
    {
        using var expanded = _expand.forward(x_BTC);
        using var active = expanded.relu();
        return _contract.forward(active);
    }
}
