// Shape legend: B = images, T = tokens, D = token dimension.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A bottleneck adapter with packed maps.</summary>
internal sealed class PackedAdapter : IDisposable
{
    private readonly PackedNorm? _norm;
    private readonly bool _normalizesInput;
    private readonly PackedLinear _down;
    private readonly PackedLinear _up;

    private PackedAdapter(FoldedAdapter adapter, ScalarType type)
    {
        _norm = adapter.Norm is null ? null : new PackedNorm(adapter.Norm, type);
        _normalizesInput = adapter.NormalizesInput;
        _down = new PackedLinear(adapter.Down, type);
        _up = new PackedLinear(adapter.Up, type);
    }

    /// <summary>Packs an adapter; null of null.</summary>
    public static PackedAdapter? Of(FoldedAdapter? adapter, ScalarType type) => adapter is null ? null : new PackedAdapter(adapter, type);

    /// <summary>summand + adapter(input), all [B, T, D].</summary>
    public Tensor AddTo(Tensor summand, Tensor input)
    {
        using var scope = NewDisposeScope();
        var inner = _down.Apply(_normalizesInput ? _norm!.Apply(input) : input, DnnlPacking.Epilogue.Relu);
        var sum = _norm is null || _normalizesInput ? _up.ApplyPlus(inner, summand) : _norm.Apply(_up.Apply(inner)).Plus(summand);
        return sum.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norm?.Dispose();
        _down.Dispose();
        _up.Dispose();
    }
}
