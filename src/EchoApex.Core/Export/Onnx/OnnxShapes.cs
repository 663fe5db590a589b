namespace EchoApex.Core.Export.Onnx;

/// <summary>Arithmetic of shapes whose axes may have names.</summary>
internal static class OnnxShapes
{
    /// <summary>The shape of an element-wise operation of two values (NumPy's broadcasting).</summary>
    /// <exception cref="InvalidOperationException">They do not fit.</exception>
    public static OnnxDimension[] Broadcast(OnnxValue a, OnnxValue b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        var shape = new OnnxDimension[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            shape[axis] = Join(At(a.Shape, axis - rank + a.Rank), At(b.Shape, axis - rank + b.Rank))
                ?? throw new InvalidOperationException($"{a} and {b} do not fit.");
        }

        return shape;
    }

    /// <summary>A shape with one axis changed.</summary>
    public static OnnxDimension[] With(this IReadOnlyList<OnnxDimension> shape, int axis, OnnxDimension size)
    {
        OnnxDimension[] changed = [.. shape];
        changed[axis] = size;
        return changed;
    }

    /// <summary>The place of an axis that may be counted from the end.</summary>
    public static int Axis(this OnnxValue value, int axis)
    {
        int place = axis < 0 ? axis + value.Rank : axis;
        return place >= 0 && place < value.Rank ? place : throw new InvalidOperationException($"{value} has no axis {axis}.");
    }

    private static OnnxDimension At(IReadOnlyList<OnnxDimension> shape, int axis) => axis < 0 ? 1 : shape[axis];

    private static OnnxDimension? Join(OnnxDimension a, OnnxDimension b) => a == b || b == 1 ? a : a == 1 ? b : default(OnnxDimension?);
}
