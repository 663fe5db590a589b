using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>The element types that both safetensors and EchoApex have, with their names in the file.</summary>
internal static class SafetensorsDtype
{
    /// <summary>The names that can be read, for messages.</summary>
    public const string Names = "F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL";

    public static bool TryParse(string name, out ScalarType dtype)
    {
        ScalarType? found = name switch
        {
            "F64" => ScalarType.Float64,
            "F32" => ScalarType.Float32,
            "F16" => ScalarType.Float16,
            "BF16" => ScalarType.BFloat16,
            "I64" => ScalarType.Int64,
            "I32" => ScalarType.Int32,
            "I16" => ScalarType.Int16,
            "I8" => ScalarType.Int8,
            "U8" => ScalarType.Byte,
            "BOOL" => ScalarType.Bool,
            _ => null,
        };
        dtype = found.GetValueOrDefault();
        return found is not null;
    }

    public static string Name(ScalarType dtype) => dtype switch
    {
        ScalarType.Float64 => "F64",
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Int16 => "I16",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Bool => "BOOL",
        _ => throw new ArgumentException($"A tensor of type {dtype} cannot be written to a safetensors file; the types are {Names}."),
    };

    /// <summary>Bytes of one element.</summary>
    public static int Size(ScalarType dtype) => dtype switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}
