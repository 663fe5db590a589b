namespace EchoApex.Core.Export.Onnx;

/// <summary>Operators that move values without changing them, and what has to do with shapes.</summary>
internal static class OnnxLayout
{
    /// <summary>The same values in another shape. A named length keeps its place, or is the one that is left over.</summary>
    public static OnnxValue Reshape(this OnnxValue x, params OnnxDimension[] shape)
    {
        // 0 copies the length at that place, -1 takes what is left.
        long[] target = new long[shape.Length];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            target[axis] = shape[axis].IsKnown ? shape[axis].Size : axis < x.Rank && x.Shape[axis] == shape[axis] ? 0 : -1;
        }

        if (target.Count(size => size == -1) > 1)
        {
            throw new InvalidOperationException($"{x} cannot become [{string.Join(", ", shape)}]: more than one length would be left over.");
        }

        return x.Graph.Node("Reshape", x.Type, shape, [x, x.Graph.Integers(target)]);
    }

    /// <summary>Axes in another order.</summary>
    public static OnnxValue Transpose(this OnnxValue x, params int[] order) =>
        x.Graph.Node("Transpose", x.Type, [.. order.Select(axis => x.Shape[axis])], [x], OnnxAttribute.Of("perm", order.Select(axis => (long)axis)));

    /// <summary>A run of places along an axis.</summary>
    public static OnnxValue Slice(this OnnxValue x, int axis, long start, long length)
    {
        int place = x.Axis(axis);
        var graph = x.Graph;
        return graph.Node("Slice", x.Type, x.Shape.With(place, length), [x, graph.Integers(start), graph.Integers(start + length), graph.Integers(place)]);
    }

    /// <summary>All places of an axis from one on; its length is named, or known where the axis' is.</summary>
    public static OnnxValue From(this OnnxValue x, int axis, long start, OnnxDimension length)
    {
        int place = x.Axis(axis);
        var graph = x.Graph;
        return graph.Node("Slice", x.Type, x.Shape.With(place, length), [x, graph.Integers(start), graph.Integers(long.MaxValue), graph.Integers(place)]);
    }

    /// <summary>One place of an axis, which is then gone.</summary>
    public static OnnxValue Select(this OnnxValue x, int axis, long index)
    {
        int place = x.Axis(axis);
        OnnxDimension[] shape = [.. x.Shape.Where((_, i) => i != place)];
        return x.Graph.Node("Gather", x.Type, shape, [x, x.Graph.Integer(index)], OnnxAttribute.Of("axis", place));
    }

    /// <summary>A new axis of length 1 at a place of the result.</summary>
    public static OnnxValue Unsqueeze(this OnnxValue x, int axis)
    {
        int place = axis < 0 ? axis + x.Rank + 1 : axis;
        return x.Graph.Node("Unsqueeze", x.Type, [.. x.Shape.Take(place), 1, .. x.Shape.Skip(place)], [x, x.Graph.Integers(place)]);
    }

    /// <summary>Drops an axis of length 1.</summary>
    public static OnnxValue Squeeze(this OnnxValue x, int axis)
    {
        int place = x.Axis(axis);
        return x.Graph.Node("Squeeze", x.Type, [.. x.Shape.Where((_, i) => i != place)], [x, x.Graph.Integers(place)]);
    }

    /// <summary>Values one behind the other along an axis; its length is given where one of them is named.</summary>
    public static OnnxValue Concat(this IReadOnlyList<OnnxValue> values, int axis, OnnxDimension? length = null)
    {
        var first = values[0];
        int place = first.Axis(axis);
        if (values.FirstOrDefault(value => value.Rank != first.Rank || value.Type != first.Type || !value.Shape.With(place, 1).SequenceEqual(first.Shape.With(place, 1))) is { } odd)
        {
            throw new InvalidOperationException($"{first} and {odd} cannot be joined along axis {axis}.");
        }

        var total = length ?? values.Sum(value => value.Size(place));
        return first.Graph.Node("Concat", first.Type, first.Shape.With(place, total), values, OnnxAttribute.Of("axis", place));
    }

    /// <summary>Repeats axes of length 1, to lengths of which the named ones are read from another value's axes.</summary>
    public static OnnxValue Expand(this OnnxValue x, OnnxValue like, params OnnxDimension[] shape)
    {
        var parts = shape.Select(size => size.IsKnown ? x.Graph.Integers(size.Size) : like.LengthOf(size)).ToArray();
        return x.Graph.Node("Expand", x.Type, shape, [x, parts.Concat(0)]);
    }

    /// <summary>The length of an axis by its name, as a whole number along one axis.</summary>
    public static OnnxValue LengthOf(this OnnxValue x, OnnxDimension name)
    {
        for (int axis = 0; axis < x.Rank; axis++)
        {
            if (x.Shape[axis] == name)
            {
                var shape = x.Graph.Node("Shape", OnnxElementType.Int64, [x.Rank], [x]);
                return shape.Slice(0, axis, 1);
            }
        }

        throw new InvalidOperationException($"{x} has no axis called {name}.");
    }

    /// <summary>Resizes the two last axes of [B, C, h, w]: bilinear, pixel centres aligned by halves, no antialiasing.</summary>
    public static OnnxValue ResizeBilinear(this OnnxValue x, long height, long width)
    {
        if (x.Size(2) == height && x.Size(3) == width)
        {
            return x;
        }

        // Sizes instead of factors: a factor such as 128 / 37 is rounded, and so may be the size that it gives.
        var graph = x.Graph;
        var first = x.Shape[0].IsKnown ? graph.Integers(x.Shape[0].Size) : x.LengthOf(x.Shape[0]);
        OnnxValue[] sizes = [first, graph.Integers(x.Size(1), height, width)];
        return graph.Node(
            "Resize",
            x.Type,
            [x.Shape[0], x.Shape[1], height, width],
            [x, null, null, sizes.Concat(0)],
            OnnxAttribute.Of("mode", "linear"),
            OnnxAttribute.Of("coordinate_transformation_mode", "pytorch_half_pixel"));
    }

    /// <summary>0, 1, 2 and so on as floats, as many as an axis is long.</summary>
    public static OnnxValue Counting(this OnnxValue like, OnnxDimension name)
    {
        var graph = like.Graph;
        var length = like.LengthOf(name).Squeeze(0).Cast(OnnxElementType.Float);
        return graph.Node("Range", OnnxElementType.Float, [name], [graph.Constant(0.0), length, graph.Constant(1.0)]);
    }
}
