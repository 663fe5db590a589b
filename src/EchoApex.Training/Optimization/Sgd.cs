using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>
/// Stochastic gradient descent with momentum over flat buffers, with the numbers of PyTorch's SGD: DINO's recipe for ResNet50.
/// </summary>
/// <remarks>Weight decay is added to the gradient (L2). Saved state: momentum_buffer.NAME for each parameter.</remarks>
public sealed class Sgd : IOptimizer
{
    private const string Prefix = "momentum_buffer.";
    private const long Chunk = 1 << 16;

    private readonly double _momentum;
    private readonly Tensor[] _buffers;

    /// <summary>Starts at rest.</summary>
    /// <param name="parameters">Flat parameters; they stay the caller's and must live as long as the optimizer.</param>
    /// <param name="momentum">Share of the last step's direction that is kept, 0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The momentum lies outside its range.</exception>
    public Sgd(FlatParameters parameters, double momentum = 0.9)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfNegative(momentum);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(momentum, 1);
        (Parameters, _momentum) = (parameters, momentum);
        _buffers = [.. parameters.Groups.Select(group => group.NewBuffer())];
    }

    /// <inheritdoc/>
    public FlatParameters Parameters { get; }

    /// <inheritdoc/>
    public void Step(in OptimizerStep step)
    {
        using var noGrad = no_grad();
        for (int i = 0; i < _buffers.Length; i++)
        {
            var group = Parameters.Groups[i];
            if (!(step.SkipLastLayer && group.Definition.IsLastLayer))
            {
                var (rate, decay) = step.For(group.Definition);
                StepGroup(group, _buffers[i], rate, decay);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> SaveState()
    {
        var saved = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (int i = 0; i < _buffers.Length; i++)
        {
            FlatState.Save(saved, Prefix, Parameters.Groups[i], _buffers[i]);
        }

        return saved;
    }

    /// <inheritdoc/>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var group in Parameters.Groups)
        {
            FlatState.Check(state, Prefix, group);
        }

        for (int i = 0; i < _buffers.Length; i++)
        {
            FlatState.Load(state, Prefix, Parameters.Groups[i], _buffers[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_buffers, buffer => buffer.Dispose());

    // In pieces that stay in the cache, so that the temporary costs nothing.
    private void StepGroup(FlatGroup group, Tensor buffer, double rate, double decay)
    {
        long total = buffer.shape[0];
        for (long start = 0; start < total; start += Chunk)
        {
            using var scope = NewDisposeScope();
            long length = Math.Min(Chunk, total - start);
            var values = group.Values.narrow(0, start, length);
            var direction = group.Gradients.narrow(0, start, length);
            if (decay != 0)
            {
                direction = direction.add(values, alpha: decay);
            }

            var momentum = buffer.narrow(0, start, length).mul_(_momentum).add_(direction);
            values.add_(momentum, alpha: -rate);
        }
    }
}
