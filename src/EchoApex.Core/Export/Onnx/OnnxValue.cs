namespace EchoApex.Core.Export.Onnx;

/// <summary>A value of a graph: an input, a constant, or what a node computes. Its type and shape are known while the graph is built.</summary>
internal sealed class OnnxValue
{
    internal OnnxValue(OnnxGraph graph, string name, OnnxElementType type, IReadOnlyList<OnnxDimension> shape)
    {
        (Graph, Name, Type, Shape) = (graph, name, type, shape);
    }

    /// <summary>The graph that it belongs to.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>Its name, the only one in its graph.</summary>
    public string Name { get; }

    /// <summary>Type of its elements.</summary>
    public OnnxElementType Type { get; }

    /// <summary>Its axes.</summary>
    public IReadOnlyList<OnnxDimension> Shape { get; }

    /// <summary>Number of axes.</summary>
    public int Rank => Shape.Count;

    /// <summary>The known length of an axis, counted from the end where negative.</summary>
    /// <exception cref="InvalidOperationException">The axis has no known length.</exception>
    public long Size(int axis)
    {
        var dimension = Shape[axis < 0 ? axis + Rank : axis];
        return dimension.IsKnown ? dimension.Size : throw new InvalidOperationException($"Axis {axis} of {this} has no known length.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";
}
