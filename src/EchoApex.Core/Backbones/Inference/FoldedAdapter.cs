using EchoApex.Core.Adapters;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A bottleneck adapter whose factor is written into its second map: (norm), down, ReLU, up, (norm).</summary>
internal sealed class FoldedAdapter : IDisposable
{
    private FoldedAdapter(BottleneckAdapter adapter)
    {
        Norm = adapter.Norm is null ? null : FoldedNorm.Of(adapter.Norm);
        NormalizesInput = adapter.NormalizesInput;
        Down = FoldedLinear.Of(adapter.Down);
        Up = FoldedLinear.Of(adapter.Up).ScaleBy(adapter.Scale);
    }

    /// <summary>The norm, of the input or of the output; null for none.</summary>
    public FoldedNorm? Norm { get; }

    /// <summary>Whether the norm is the input's.</summary>
    public bool NormalizesInput { get; }

    /// <summary>D to the width of the bottleneck.</summary>
    public FoldedLinear Down { get; }

    /// <summary>The width of the bottleneck to D.</summary>
    public FoldedLinear Up { get; }

    /// <summary>A copy of an adapter; null of null.</summary>
    public static FoldedAdapter? Of(BottleneckAdapter? adapter) => adapter is null ? null : new FoldedAdapter(adapter);

    /// <inheritdoc/>
    public void Dispose()
    {
        Norm?.Dispose();
        Down.Dispose();
        Up.Dispose();
    }
}
