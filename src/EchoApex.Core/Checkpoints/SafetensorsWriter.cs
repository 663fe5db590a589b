using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>
/// Writes safetensors files that PyTorch's readers load: tensors ordered by element size (largest first), then by
/// name, so that each is aligned; the header padded with spaces to a multiple of 8 bytes.
/// </summary>
public static class SafetensorsWriter
{
    private static readonly IReadOnlyDictionary<string, string> DefaultMetadata = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>Writes a file whole or not at all, straight from the tensors' memory.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">Names and tensors, such as a module's state dict. Tensors on other devices or with gaps are copied one at a time.</param>
    /// <param name="metadata">Free text entries of the header; default "format" = "pt", which Hugging Face's loaders ask for.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, a name is "__metadata__", or an element type is not supported.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var ordered = Order(tensors);
        AtomicOutput.WriteFile(path, stream => Write(stream, ordered, metadata));
    }

    internal static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata) =>
        Write(stream, Order(tensors), metadata);

    private static void Write(Stream stream, List<KeyValuePair<string, Tensor>> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        byte[] header = Header(ordered, metadata ?? DefaultMetadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
        {
            WriteBytes(stream, tensor);
        }
    }

    private static void WriteBytes(Stream stream, Tensor tensor)
    {
        if (TensorMemory.IsPlain(tensor))
        {
            TensorMemory.ForEachPiece(tensor, (bytes, _) => stream.Write(bytes));
            return;
        }

        using var gradients = no_grad();
        using var detached = tensor.detach();
        using var host = detached.cpu();
        using var plain = host.contiguous();
        TensorMemory.ForEachPiece(plain, (bytes, _) => stream.Write(bytes));
    }

    private static List<KeyValuePair<string, Tensor>> Order(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        List<KeyValuePair<string, Tensor>> all = [.. tensors];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var (name, tensor) in all)
        {
            if (name == SafetensorsHeader.MetadataName || !names.Add(name))
            {
                throw new ArgumentException($"The tensor name '{name}' is reserved or used twice.", nameof(tensors));
            }

            _ = SafetensorsDtype.Name(tensor.dtype);
        }

        return [.. all
            .OrderByDescending(pair => SafetensorsDtype.Size(pair.Value.dtype))
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)];
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> ordered, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var (name, tensor) in ordered)
            {
                WriteEntry(json, name, tensor, ref offset);
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, Tensor tensor, ref long offset)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", SafetensorsDtype.Name(tensor.dtype));
        json.WriteStartArray("shape");
        foreach (long size in tensor.shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        offset += tensor.NumberOfElements * tensor.ElementSize;
        json.WriteNumberValue(offset);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
