using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>One tensor of a weights file: what it is and where its bytes lie. Nothing has been read yet.</summary>
/// <param name="Dtype">Element type.</param>
/// <param name="Shape">Size of each dimension; empty for a scalar.</param>
/// <param name="Offset">First byte of the tensor, counted from the file's start; -1 where the bytes are compressed.</param>
/// <param name="ByteLength">Number of elements times the size of one.</param>
public sealed record TensorEntry(ScalarType Dtype, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>The shape as text, for messages: "[384, 3, 14, 14]".</summary>
    public string ShapeText => Describe(Shape);

    internal static string Describe(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
