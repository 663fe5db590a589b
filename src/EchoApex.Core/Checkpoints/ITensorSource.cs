using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>A weights file: named tensors that are read one by one. Opened by <see cref="TensorSource.Open"/>.</summary>
/// <remarks>Thread safety: reads of different tensors may run at the same time; <see cref="IDisposable.Dispose"/> must not overlap them.</remarks>
public interface ITensorSource : IDisposable
{
    /// <summary>The file.</summary>
    string Path { get; }

    /// <summary>Every tensor by its name. A nested dictionary of a .pth file has its keys joined by a dot.</summary>
    IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Reads a tensor into new CPU memory; the caller owns it.</summary>
    /// <exception cref="CheckpointException">The file has no tensor of that name, or its bytes cannot be read.</exception>
    Tensor Read(string name);

    /// <summary>
    /// Reads a tensor into an existing one of the same shape: straight into its memory where element types agree and
    /// the destination is contiguous and on the CPU, else by way of a copy that converts.
    /// </summary>
    /// <exception cref="CheckpointException">The file has no tensor of that name, its shape differs, or its bytes cannot be read.</exception>
    void CopyTo(string name, Tensor destination);
}
