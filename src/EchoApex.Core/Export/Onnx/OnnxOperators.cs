namespace EchoApex.Core.Export.Onnx;

/// <summary>
/// The operators of ONNX that EchoApex emits, operator set 17 (https://onnx.ai/onnx/operators). What follows NumPy's broadcasting
/// does so; results of other types than their operands say so.
/// </summary>
internal static class OnnxOperators
{
    /// <summary>The operator set of every model that is written.</summary>
    public const int OperatorSet = 17;

    public static OnnxValue Add(this OnnxValue a, OnnxValue b) => Elementwise("Add", a, b);

    public static OnnxValue Add(this OnnxValue a, double b) => a.Add(a.Graph.Constant(b));

    public static OnnxValue Sub(this OnnxValue a, OnnxValue b) => Elementwise("Sub", a, b);

    public static OnnxValue Mul(this OnnxValue a, OnnxValue b) => Elementwise("Mul", a, b);

    public static OnnxValue Mul(this OnnxValue a, double b) => a.Mul(a.Graph.Constant(b));

    public static OnnxValue Div(this OnnxValue a, OnnxValue b) => Elementwise("Div", a, b);

    public static OnnxValue Div(this OnnxValue a, double b) => a.Div(a.Graph.Constant(b));

    public static OnnxValue Min(this OnnxValue a, OnnxValue b) => Elementwise("Min", a, b);

    public static OnnxValue Max(this OnnxValue a, OnnxValue b) => Elementwise("Max", a, b);

    public static OnnxValue Neg(this OnnxValue x) => Unary("Neg", x);

    public static OnnxValue Exp(this OnnxValue x) => Unary("Exp", x);

    public static OnnxValue Log(this OnnxValue x) => Unary("Log", x);

    public static OnnxValue Sin(this OnnxValue x) => Unary("Sin", x);

    public static OnnxValue Cos(this OnnxValue x) => Unary("Cos", x);

    public static OnnxValue Erf(this OnnxValue x) => Unary("Erf", x);

    public static OnnxValue Relu(this OnnxValue x) => Unary("Relu", x);

    public static OnnxValue Sigmoid(this OnnxValue x) => Unary("Sigmoid", x);

    /// <summary>To the nearest whole number, halves to the even one.</summary>
    public static OnnxValue Round(this OnnxValue x) => Unary("Round", x);

    public static OnnxValue Not(this OnnxValue x) => Unary("Not", x);

    /// <summary>x limited to a range.</summary>
    public static OnnxValue Clip(this OnnxValue x, double low, double high) =>
        x.Graph.Node("Clip", x.Type, x.Shape, [x, x.Graph.Constant(low), x.Graph.Constant(high)]);

    public static OnnxValue Softmax(this OnnxValue x, int axis) => x.Graph.Node("Softmax", x.Type, x.Shape, [x], OnnxAttribute.Of("axis", x.Axis(axis)));

    /// <summary>Truth values.</summary>
    public static OnnxValue Equal(this OnnxValue a, OnnxValue b) => Comparison("Equal", a, b);

    /// <summary>Truth values.</summary>
    public static OnnxValue Greater(this OnnxValue a, OnnxValue b) => Comparison("Greater", a, b);

    /// <summary>Truth values.</summary>
    public static OnnxValue GreaterOrEqual(this OnnxValue a, OnnxValue b) => Comparison("GreaterOrEqual", a, b);

    /// <summary>Truth values.</summary>
    public static OnnxValue And(this OnnxValue a, OnnxValue b) => Comparison("And", a, b);

    /// <summary>Truth values.</summary>
    public static OnnxValue IsNaN(this OnnxValue x) => x.Graph.Node("IsNaN", OnnxElementType.Bool, x.Shape, [x]);

    /// <summary>Values of one operand where truth values are true, of the other elsewhere.</summary>
    public static OnnxValue Where(this OnnxValue condition, OnnxValue yes, OnnxValue no)
    {
        var shape = Placeholder(condition.Graph, OnnxElementType.Bool, OnnxShapes.Broadcast(condition, yes));
        return condition.Graph.Node("Where", yes.Type, OnnxShapes.Broadcast(shape, no), [condition, yes, no]);
    }

    public static OnnxValue Cast(this OnnxValue x, OnnxElementType type) => x.Graph.Node("Cast", type, x.Shape, [x], OnnxAttribute.Of("to", (long)type));

    /// <summary>[..., M, K] by [..., K, N].</summary>
    public static OnnxValue MatMul(this OnnxValue a, OnnxValue b) => a.Graph.Node("MatMul", a.Type, Product(a, b), [a, b]);

    /// <summary>Bytes by signed bytes, [..., M, K] by [K, N], summed in 32-bit integers.</summary>
    public static OnnxValue MatMulInteger(this OnnxValue a, OnnxValue b, OnnxValue aZero) =>
        a.Graph.Node("MatMulInteger", OnnxElementType.Int32, Product(a, b), [a, b, aZero]);

    /// <summary>Bytes, their scale and their zero, chosen by the range of the values.</summary>
    public static (OnnxValue Bytes, OnnxValue Scale, OnnxValue Zero) DynamicQuantizeLinear(this OnnxValue x)
    {
        var results = x.Graph.Node("DynamicQuantizeLinear", [(OnnxElementType.UInt8, x.Shape), (OnnxElementType.Float, []), (OnnxElementType.UInt8, [])], [x]);
        return (results[0], results[1], results[2]);
    }

    /// <summary>Normalises the last axis.</summary>
    public static OnnxValue LayerNormalization(this OnnxValue x, OnnxValue weight, OnnxValue bias, double epsilon) =>
        x.Graph.Node("LayerNormalization", x.Type, x.Shape, [x, weight, bias], OnnxAttribute.Of("axis", -1), OnnxAttribute.Of("epsilon", (float)epsilon));

    /// <summary>Normalises each channel of each image, [B, C, ...].</summary>
    public static OnnxValue InstanceNormalization(this OnnxValue x, OnnxValue weight, OnnxValue bias, double epsilon) =>
        x.Graph.Node("InstanceNormalization", x.Type, x.Shape, [x, weight, bias], OnnxAttribute.Of("epsilon", (float)epsilon));

    /// <summary>[B, I, H, W] to [B, O, H', W'].</summary>
    public static OnnxValue Conv(this OnnxValue x, OnnxValue weight, OnnxValue? bias, long stride, long padding)
    {
        long kernel = weight.Size(2);
        OnnxDimension[] shape = [x.Shape[0], weight.Shape[0], Window(x.Size(2), kernel, stride, padding), Window(x.Size(3), kernel, stride, padding)];
        return x.Graph.Node(
            "Conv",
            x.Type,
            shape,
            [x, weight, bias],
            OnnxAttribute.Of("kernel_shape", [kernel, kernel]),
            OnnxAttribute.Of("pads", [padding, padding, padding, padding]),
            OnnxAttribute.Of("strides", [stride, stride]));
    }

    /// <summary>The largest of each window.</summary>
    public static OnnxValue MaxPool(this OnnxValue x, long kernel, long stride, long padding)
    {
        OnnxDimension[] shape = [x.Shape[0], x.Shape[1], Window(x.Size(2), kernel, stride, padding), Window(x.Size(3), kernel, stride, padding)];
        return x.Graph.Node(
            "MaxPool",
            x.Type,
            shape,
            [x],
            OnnxAttribute.Of("kernel_shape", [kernel, kernel]),
            OnnxAttribute.Of("pads", [padding, padding, padding, padding]),
            OnnxAttribute.Of("strides", [stride, stride]));
    }

    /// <summary>The mean over axes.</summary>
    public static OnnxValue ReduceMean(this OnnxValue x, IReadOnlyList<int> axes, bool keep = false) => Reduce("ReduceMean", x, axes, keep);

    /// <summary>The largest over axes.</summary>
    public static OnnxValue ReduceMax(this OnnxValue x, IReadOnlyList<int> axes, bool keep = false) => Reduce("ReduceMax", x, axes, keep);

    /// <summary>The smallest over axes.</summary>
    public static OnnxValue ReduceMin(this OnnxValue x, IReadOnlyList<int> axes, bool keep = false) => Reduce("ReduceMin", x, axes, keep);

    /// <summary>The sum over axes.</summary>
    public static OnnxValue ReduceSum(this OnnxValue x, IReadOnlyList<int> axes, bool keep = false) => x.Graph.Node(
        "ReduceSum",
        x.Type,
        Reduced(x, axes, keep),
        [x, x.Graph.Integers([.. axes.Select(axis => (long)x.Axis(axis))])],
        OnnxAttribute.Of("keepdims", keep ? 1 : 0));

    private static OnnxValue Reduce(string operation, OnnxValue x, IReadOnlyList<int> axes, bool keep) => x.Graph.Node(
        operation, x.Type, Reduced(x, axes, keep), [x], OnnxAttribute.Of("axes", axes.Select(axis => (long)x.Axis(axis))), OnnxAttribute.Of("keepdims", keep ? 1 : 0));

    private static OnnxDimension[] Reduced(OnnxValue x, IReadOnlyList<int> axes, bool keep)
    {
        int[] places = [.. axes.Select(axis => x.Axis(axis))];
        return [.. x.Shape.Select((size, axis) => places.Contains(axis) ? 1 : size).Where((_, axis) => keep || !places.Contains(axis))];
    }

    private static OnnxValue Unary(string operation, OnnxValue x) => x.Graph.Node(operation, x.Type, x.Shape, [x]);

    private static OnnxValue Elementwise(string operation, OnnxValue a, OnnxValue b)
    {
        RequireSameType(operation, a, b);
        return a.Graph.Node(operation, a.Type, OnnxShapes.Broadcast(a, b), [a, b]);
    }

    private static OnnxValue Comparison(string operation, OnnxValue a, OnnxValue b)
    {
        RequireSameType(operation, a, b);
        return a.Graph.Node(operation, OnnxElementType.Bool, OnnxShapes.Broadcast(a, b), [a, b]);
    }

    private static void RequireSameType(string operation, OnnxValue a, OnnxValue b)
    {
        if (a.Type != b.Type)
        {
            throw new InvalidOperationException($"{operation} of {a} and {b}: the types differ.");
        }
    }

    private static OnnxDimension[] Product(OnnxValue a, OnnxValue b)
    {
        if (a.Shape[^1] != b.Shape[^2])
        {
            throw new InvalidOperationException($"A product of {a} and {b}: the inner lengths differ.");
        }

        var left = Placeholder(a.Graph, a.Type, [.. a.Shape.Take(a.Rank - 2)]);
        var right = Placeholder(a.Graph, a.Type, [.. b.Shape.Take(b.Rank - 2)]);
        return [.. OnnxShapes.Broadcast(left, right), a.Shape[^2], b.Shape[^1]];
    }

    private static OnnxValue Placeholder(OnnxGraph graph, OnnxElementType type, OnnxDimension[] shape) => new(graph, "", type, shape);

    private static long Window(long size, long kernel, long stride, long padding) => ((size + (2 * padding) - kernel) / stride) + 1;
}
