using System.Globalization;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace EchoApex.Core.Export.Onnx;

/// <summary>
/// An ONNX graph that is being built: inputs, constants, nodes and outputs. Operators are the methods of <see cref="OnnxOperators"/>;
/// each computes the type and shape of its result, so that operands that do not fit are told when the graph is built.
/// </summary>
internal sealed class OnnxGraph
{
    private readonly string _name;
    private readonly List<ProtobufMessage> _nodes = [];
    private readonly List<ProtobufMessage> _initializers = [];
    private readonly List<ProtobufMessage> _inputs = [];
    private readonly List<ProtobufMessage> _outputs = [];
    private readonly Dictionary<string, OnnxValue> _small = new(StringComparer.Ordinal);
    private readonly Stack<string> _scopes = new();
    private readonly List<string> _inputNames = [];
    private readonly List<string> _outputNames = [];
    private int _count;

    /// <summary>Starts an empty graph.</summary>
    public OnnxGraph(string name) => _name = name;

    /// <summary>Names of the inputs, in order.</summary>
    public IReadOnlyList<string> InputNames => _inputNames;

    /// <summary>Names of the outputs, in order.</summary>
    public IReadOnlyList<string> OutputNames => _outputNames;

    /// <summary>Adds an input.</summary>
    public OnnxValue Input(string name, OnnxElementType type, params OnnxDimension[] shape)
    {
        var value = new OnnxValue(this, name, type, shape);
        _inputs.Add(Describe(value));
        _inputNames.Add(name);
        return value;
    }

    /// <summary>Makes a value an output under a name.</summary>
    public void Output(string name, OnnxValue value)
    {
        AddNode("Identity", [value], name, []);
        _outputNames.Add(name);
        _outputs.Add(Describe(new OnnxValue(this, name, value.Type, value.Shape)));
    }

    /// <summary>Puts a part of the network before the names of the nodes that are made until it is disposed.</summary>
    public IDisposable Scope(string part)
    {
        _scopes.Push(_scopes.Count == 0 ? $"{part}/" : $"{_scopes.Peek()}{part}/");
        return new ScopeEnd(_scopes);
    }

    /// <summary>A constant of a tensor's values: float32 or bytes.</summary>
    public OnnxValue Constant(Tensor tensor)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var type = tensor.dtype switch
        {
            ScalarType.Int8 => OnnxElementType.Int8,
            ScalarType.Byte => OnnxElementType.UInt8,
            _ => OnnxElementType.Float,
        };
        var plain = (type == OnnxElementType.Float ? tensor.detach().to(ScalarType.Float32) : tensor.detach()).cpu().contiguous();
        return AddInitializer(type, plain.shape, plain.NumberOfElements == 0 ? [] : plain.bytes.ToArray());
    }

    /// <summary>A constant of floats; a single one has no axis.</summary>
    public OnnxValue Constant(ReadOnlySpan<float> values, params long[] shape)
    {
        if (values.Length > 1)
        {
            return AddInitializer(OnnxElementType.Float, shape, MemoryMarshal.AsBytes(values).ToArray());
        }

        float value = values[0];
        string key = string.Create(CultureInfo.InvariantCulture, $"f{value:R} {string.Join(' ', shape)}");
        return Shared(key, () => AddInitializer(OnnxElementType.Float, shape, BitConverter.GetBytes(value)));
    }

    /// <summary>A number.</summary>
    public OnnxValue Constant(double value) => Constant([(float)value]);

    /// <summary>Whole numbers along one axis.</summary>
    public OnnxValue Integers(params long[] values) =>
        Shared($"i{string.Join(' ', values)}", () => AddInitializer(OnnxElementType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values).ToArray()));

    /// <summary>A single whole number without an axis.</summary>
    public OnnxValue Integer(long value) =>
        Shared($"n{value.ToString(CultureInfo.InvariantCulture)}", () => AddInitializer(OnnxElementType.Int64, [], BitConverter.GetBytes(value)));

    /// <summary>Adds a node with one result.</summary>
    /// <param name="operation">Name of the operator.</param>
    /// <param name="type">Type of the result.</param>
    /// <param name="shape">Shape of the result.</param>
    /// <param name="operands">What it reads; null for one that is left out.</param>
    /// <param name="attributes">Its settings.</param>
    public OnnxValue Node(string operation, OnnxElementType type, IReadOnlyList<OnnxDimension> shape, IReadOnlyList<OnnxValue?> operands, params OnnxAttribute[] attributes)
    {
        var value = new OnnxValue(this, NextName(operation), type, shape);
        AddNode(operation, operands, value.Name, attributes);
        return value;
    }

    /// <summary>Adds a node with several results.</summary>
    public OnnxValue[] Node(string operation, IReadOnlyList<(OnnxElementType Type, IReadOnlyList<OnnxDimension> Shape)> results, IReadOnlyList<OnnxValue?> operands, params OnnxAttribute[] attributes)
    {
        string name = NextName(operation);
        OnnxValue[] values = [.. results.Select((result, i) => new OnnxValue(this, $"{name}:{i}", result.Type, result.Shape))];
        AddNode(operation, operands, [.. values.Select(value => value.Name)], name, attributes);
        return values;
    }

    /// <summary>The graph as it stands in a file (GraphProto).</summary>
    public ProtobufMessage ToMessage()
    {
        const int nodeField = 1, nameField = 2, initializerField = 5, inputField = 11, outputField = 12;
        var message = new ProtobufMessage();
        _nodes.ForEach(node => message.Message(nodeField, node));
        message.Text(nameField, _name);
        _initializers.ForEach(initializer => message.Message(initializerField, initializer));
        _inputs.ForEach(input => message.Message(inputField, input));
        _outputs.ForEach(output => message.Message(outputField, output));
        return message;
    }

    private string NextName(string operation) => string.Create(CultureInfo.InvariantCulture, $"{(_scopes.Count == 0 ? "" : _scopes.Peek())}{operation}_{_count++}");

    private void AddNode(string operation, IReadOnlyList<OnnxValue?> operands, string result, OnnxAttribute[] attributes) =>
        AddNode(operation, operands, [result], result, attributes);

    private void AddNode(string operation, IReadOnlyList<OnnxValue?> operands, string[] results, string name, OnnxAttribute[] attributes)
    {
        const int inputField = 1, outputField = 2, nameField = 3, operatorField = 4, attributeField = 5;
        var message = new ProtobufMessage();
        foreach (var operand in operands)
        {
            if (operand is not null && operand.Graph != this)
            {
                throw new InvalidOperationException($"{operation} reads {operand} of another graph.");
            }

            message.Text(inputField, operand?.Name ?? "");
        }

        foreach (string result in results)
        {
            message.Text(outputField, result);
        }

        message.Text(nameField, name).Text(operatorField, operation);
        foreach (var attribute in attributes)
        {
            message.Message(attributeField, attribute.Message);
        }

        _nodes.Add(message);
    }

    private OnnxValue AddInitializer(OnnxElementType type, long[] shape, byte[] bytes)
    {
        const int dimensionField = 1, typeField = 2, nameField = 8, bytesField = 9;
        var value = new OnnxValue(this, NextName("constant"), type, [.. shape.Select(size => (OnnxDimension)size)]);
        _initializers.Add(new ProtobufMessage().Integers(dimensionField, shape).Integer(typeField, (long)type).Text(nameField, value.Name).Bytes(bytesField, bytes));
        return value;
    }

    private OnnxValue Shared(string key, Func<OnnxValue> make)
    {
        if (!_small.TryGetValue(key, out var value))
        {
            _small.Add(key, value = make());
        }

        return value;
    }

    // ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its dimensions.
    private static ProtobufMessage Describe(OnnxValue value)
    {
        const int nameField = 1, typeField = 2, tensorField = 1, elementField = 1, shapeField = 2, dimensionField = 1, sizeField = 1, symbolField = 2;
        var shape = new ProtobufMessage();
        foreach (var dimension in value.Shape)
        {
            var axis = new ProtobufMessage();
            shape.Message(dimensionField, dimension.Symbol is { } symbol ? axis.Text(symbolField, symbol) : axis.Integer(sizeField, dimension.Size));
        }

        var tensor = new ProtobufMessage().Integer(elementField, (long)value.Type).Message(shapeField, shape);
        return new ProtobufMessage().Text(nameField, value.Name).Message(typeField, new ProtobufMessage().Message(tensorField, tensor));
    }

    private sealed class ScopeEnd(Stack<string> scopes) : IDisposable
    {
        public void Dispose() => scopes.Pop();
    }
}
