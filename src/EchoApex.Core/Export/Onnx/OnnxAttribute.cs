namespace EchoApex.Core.Export.Onnx;

/// <summary>A fixed setting of a node.</summary>
internal sealed class OnnxAttribute
{
    // Numbers of AttributeProto and of its types in onnx.proto.
    private const int NameField = 1, FloatField = 2, IntegerField = 3, TextField = 4, IntegersField = 8, TypeField = 20;
    private const int FloatType = 1, IntegerType = 2, TextType = 3, IntegersType = 7;

    private OnnxAttribute(ProtobufMessage message) => Message = message;

    /// <summary>The attribute as it stands in a file.</summary>
    public ProtobufMessage Message { get; }

    /// <summary>A whole number.</summary>
    public static OnnxAttribute Of(string name, long value) =>
        new(new ProtobufMessage().Text(NameField, name).Integer(IntegerField, value).Integer(TypeField, IntegerType));

    /// <summary>Whole numbers.</summary>
    public static OnnxAttribute Of(string name, IEnumerable<long> values) =>
        new(new ProtobufMessage().Text(NameField, name).Integers(IntegersField, values).Integer(TypeField, IntegersType));

    /// <summary>A floating-point number.</summary>
    public static OnnxAttribute Of(string name, float value) =>
        new(new ProtobufMessage().Text(NameField, name).Float(FloatField, value).Integer(TypeField, FloatType));

    /// <summary>A word.</summary>
    public static OnnxAttribute Of(string name, string value) =>
        new(new ProtobufMessage().Text(NameField, name).Text(TextField, value).Integer(TypeField, TextType));
}
