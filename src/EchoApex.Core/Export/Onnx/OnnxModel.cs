using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Export.Onnx;

/// <summary>A graph with what a user needs to know of it, as a file (ModelProto, IR version 8, operator set 17).</summary>
internal sealed class OnnxModel
{
    private const int IrVersion = 8;

    // The format allows no more, and readers take none.
    private const long LargestFile = int.MaxValue;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Starts a model.</summary>
    /// <param name="graph">What it computes.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="task">"backbone", "view", "segment", "measure", "ef".</param>
    /// <param name="part">"model", "encoder" or "decoder".</param>
    /// <param name="preprocessing">How clips become its images.</param>
    /// <param name="options">How it was exported.</param>
    public OnnxModel(OnnxGraph graph, string name, string task, string part, Preprocessing preprocessing, OnnxExportOptions options)
    {
        Graph = graph;
        Set("version", ModelFolder.Version);
        Set("name", name);
        Set("task", task);
        Set("part", part);
        Set("quantization", options.Quantization == OnnxQuantization.None ? "none" : "dynamic_int8");
        SetJson("preprocessing", preprocessing);
        Set("notice", "Research use. Not a medical device: must not be used for diagnosis or treatment.");
    }

    /// <summary>What it computes.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>Adds an entry "echoapex.KEY".</summary>
    public OnnxModel Set(string key, string value)
    {
        _metadata[$"echoapex.{key}"] = value;
        return this;
    }

    /// <summary>Adds an entry "echoapex.KEY" in JSON, names in snake case as in a model folder.</summary>
    public OnnxModel SetJson<T>(string key, T value) => Set(key, JsonSerializer.Serialize(value, Json));

    /// <summary>Writes the file whole or not at all; one of that name is replaced.</summary>
    /// <exception cref="EchoApexException">The model is too large for the format.</exception>
    public OnnxFileInfo Write(string path)
    {
        var message = ToMessage();
        long length = message.Length;
        if (length > LargestFile)
        {
            throw new EchoApexException($"'{path}' would have {length:N0} bytes; an ONNX file has at most {LargestFile:N0}. Export a smaller encoder or with dynamic int8.");
        }

        AtomicOutput.WriteFile(path, message.WriteTo);
        return new OnnxFileInfo(path, length, Graph.InputNames, Graph.OutputNames);
    }

    private ProtobufMessage ToMessage()
    {
        const int irField = 1, producerField = 2, producerVersionField = 3, graphField = 7, operatorsField = 8, metadataField = 14;
        const int versionField = 2, keyField = 1, valueField = 2;
        var message = new ProtobufMessage()
            .Integer(irField, IrVersion)
            .Text(producerField, "EchoApex")
            .Text(producerVersionField, ModelFolder.Version)
            .Message(graphField, Graph.ToMessage())
            .Message(operatorsField, new ProtobufMessage().Integer(versionField, OnnxOperators.OperatorSet));
        foreach (var (key, value) in _metadata)
        {
            message.Message(metadataField, new ProtobufMessage().Text(keyField, key).Text(valueField, value));
        }

        return message;
    }
}
