using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>Access to a tensor's bytes in pieces, and what the weights readers share.</summary>
internal static class TensorMemory
{
    // A span ends at 2 GiB: larger tensors are walked in pieces.
    private const long PieceBytes = 1L << 30;

    /// <summary>Receives consecutive bytes of a tensor.</summary>
    /// <param name="bytes">The memory itself, not a copy.</param>
    /// <param name="start">Position of the first byte within the tensor.</param>
    public delegate void PieceAction(Span<byte> bytes, long start);

    /// <summary>Whether bytes can be read straight into the tensor.</summary>
    public static bool IsPlain(Tensor tensor) => tensor.device_type == TorchSharp.DeviceType.CPU && tensor.is_contiguous();

    /// <summary>Walks the memory of a contiguous CPU tensor.</summary>
    public static void ForEachPiece(Tensor tensor, PieceAction action)
    {
        long size = tensor.ElementSize;
        long total = tensor.NumberOfElements * size;
        if (total == 0)
        {
            return;
        }

        if (total <= PieceBytes)
        {
            action(tensor.bytes, 0);
            return;
        }

        using var gradients = no_grad();
        using var flat = tensor.view(-1);
        long step = PieceBytes / size;
        for (long start = 0; start < tensor.NumberOfElements; start += step)
        {
            using var piece = flat.narrow(0, start, Math.Min(step, tensor.NumberOfElements - start));
            action(piece.bytes, start * size);
        }
    }

    /// <summary>The entry of a name, or an error that says which names there are.</summary>
    public static TensorEntry Find(ITensorSource source, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return source.Tensors.TryGetValue(name, out var entry)
            ? entry
            : throw new CheckpointException(source.Path, $"has no tensor named '{name}'. It holds {Listing.Of(source.Tensors.Keys, 8)}.");
    }

    /// <summary>Fails when a tensor of the file does not have the shape of its destination.</summary>
    public static void RequireShape(ITensorSource source, string name, TensorEntry entry, Tensor destination)
    {
        if (!entry.Shape.SequenceEqual(destination.shape))
        {
            throw new CheckpointException(source.Path, $"the tensor '{name}' is {entry.ShapeText}, expected {TensorEntry.Describe(destination.shape)}.");
        }
    }

    /// <summary>Copies with conversion of element type and device, without recording a gradient.</summary>
    public static void Convert(Tensor from, Tensor destination)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        destination.copy_(from);
    }
}
