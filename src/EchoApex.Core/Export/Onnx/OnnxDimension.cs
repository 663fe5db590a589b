using System.Globalization;

namespace EchoApex.Core.Export.Onnx;

/// <summary>The length of one axis: a number, or a name for one that is known only when the graph runs.</summary>
/// <param name="Size">The length; 0 where it has a name.</param>
/// <param name="Symbol">The name; null where the length is known.</param>
internal readonly record struct OnnxDimension(long Size, string? Symbol)
{
    /// <summary>Whether the length is known.</summary>
    public bool IsKnown => Symbol is null;

    /// <summary>A known length.</summary>
    public static implicit operator OnnxDimension(long size) => new(size, null);

    /// <summary>A named length.</summary>
    public static implicit operator OnnxDimension(string symbol) => new(0, symbol);

    /// <inheritdoc/>
    public override string ToString() => Symbol ?? Size.ToString(CultureInfo.InvariantCulture);
}
