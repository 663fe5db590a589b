using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <summary>A copy of some tensors that can be put back.</summary>
internal sealed class KeptWeights : IDisposable
{
    private readonly List<(Tensor Place, Tensor Copy)> _pairs;

    /// <param name="places">Tensors that stay the caller's.</param>
    public KeptWeights(IEnumerable<Tensor> places)
    {
        using var noGradient = no_grad();
        _pairs = [.. places.Select(place => (place, place.clone().DetachFromDisposeScope()))];
    }

    public void Keep()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (place, copy) in _pairs)
        {
            copy.copy_(place);
        }
    }

    public void PutBack()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (place, copy) in _pairs)
        {
            place.copy_(copy);
        }
    }

    /// <summary>The copies, in the order of the places; they stay this object's.</summary>
    public IReadOnlyList<Tensor> Copies => [.. _pairs.Select(pair => pair.Copy)];

    public void Dispose() => _pairs.ForEach(pair => pair.Copy.Dispose());
}
