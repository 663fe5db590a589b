using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>Changes parameters by their gradients. Thread safety: an instance belongs to one thread at a time.</summary>
public interface IOptimizer : IDisposable
{
    /// <summary>The parameters with their gradients; not owned by the optimizer.</summary>
    FlatParameters Parameters { get; }

    /// <summary>One step with the gradients at hand.</summary>
    void Step(in OptimizerStep step);

    /// <summary>A copy of the whole state on the CPU, named by parameter and group; the caller disposes the tensors.</summary>
    IReadOnlyDictionary<string, Tensor> SaveState();

    /// <summary>Restores a state of <see cref="SaveState"/>, exactly; the given tensors stay the caller's.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape; nothing has been changed then.</exception>
    void LoadState(IReadOnlyDictionary<string, Tensor> state);
}
