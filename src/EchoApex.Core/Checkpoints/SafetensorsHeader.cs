using System.Buffers.Binary;
using System.Text.Json;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>
/// The header of a safetensors file: an unsigned 64-bit length, then that many bytes of JSON, then the tensors' bytes
/// without holes. Source: the format's description in huggingface/safetensors, README.
/// </summary>
internal sealed record SafetensorsHeader(IReadOnlyDictionary<string, TensorEntry> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The largest header that the reference reads.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>The name under which a header carries its metadata.</summary>
    public const string MetadataName = "__metadata__";

    public static SafetensorsHeader Read(WeightsStream file)
    {
        if (file.Length < 8)
        {
            throw new CheckpointException(file.Path, $"is not a safetensors file: it has {file.Length} bytes, fewer than the 8 of the header's length.");
        }

        Span<byte> prefix = stackalloc byte[8];
        file.ReadExactly(prefix, 0);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)Math.Min(MaxLength, file.Length - 8))
        {
            throw new CheckpointException(
                file.Path,
                $"is not a whole safetensors file: it declares a header of {length} bytes, but holds {file.Length - 8} bytes after that number (limit {MaxLength}). Fetch the file again.");
        }

        byte[] json = new byte[(int)length];
        file.ReadExactly(json, 8);
        try
        {
            return new Parser(file, 8 + (long)length).Parse(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException(file.Path, $"has a safetensors header that is not the JSON it should be: {error.Message} Fetch the file again.", error);
        }
    }

    private sealed class Parser(WeightsStream file, long dataStart)
    {
        private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);
        private Dictionary<string, string>? _metadata;

        public SafetensorsHeader Parse(ReadOnlySpan<byte> json)
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            Advance(ref reader);
            Expect(ref reader, JsonTokenType.StartObject, "the header");
            while (NextName(ref reader, out string name))
            {
                if (name == MetadataName)
                {
                    ReadMetadata(ref reader);
                }
                else if (!_tensors.TryAdd(name, ReadTensor(ref reader, name)))
                {
                    throw Fault($"names the tensor '{Listing.Name(name)}' twice");
                }
            }

            if (reader.Read())
            {
                throw Fault("goes on after its closing brace");
            }

            CheckLayout();
            return new SafetensorsHeader(_tensors, _metadata ?? []);
        }

        private void ReadMetadata(ref Utf8JsonReader reader)
        {
            if (_metadata is not null)
            {
                throw Fault($"holds '{MetadataName}' twice");
            }

            _metadata = new(StringComparer.Ordinal);
            Expect(ref reader, JsonTokenType.StartObject, MetadataName);
            while (NextName(ref reader, out string key))
            {
                Expect(ref reader, JsonTokenType.String, $"{MetadataName}.{Listing.Name(key)}");
                if (!_metadata.TryAdd(key, reader.GetString()!))
                {
                    throw Fault($"holds the metadata '{Listing.Name(key)}' twice");
                }
            }
        }

        private TensorEntry ReadTensor(ref Utf8JsonReader reader, string name)
        {
            string shown = Listing.Name(name);
            Expect(ref reader, JsonTokenType.StartObject, shown);
            ScalarType? dtype = null;
            List<long>? shape = null, offsets = null;
            while (NextName(ref reader, out string key))
            {
                switch (key)
                {
                    case "dtype" when dtype is null:
                        dtype = ReadDtype(ref reader, shown);
                        break;
                    case "shape" when shape is null:
                        shape = ReadNumbers(ref reader, $"{shown}.shape", TensorSize.MaxDimensions);
                        break;
                    case "data_offsets" when offsets is null:
                        offsets = ReadNumbers(ref reader, $"{shown}.data_offsets", 2);
                        break;
                    default:
                        throw Fault($"has the field '{Listing.Name(key)}' in '{shown}' twice or without a meaning");
                }
            }

            if (dtype is null || shape is null || offsets is not { Count: 2 })
            {
                throw Fault($"lacks dtype, shape or the two data_offsets of '{shown}'");
            }

            return Locate(shown, dtype.Value, shape, offsets[0], offsets[1]);
        }

        private TensorEntry Locate(string shown, ScalarType dtype, List<long> shape, long begin, long end)
        {
            long room = file.Length - dataStart;
            if (begin > end || end > room)
            {
                throw Fault($"places '{shown}' at bytes {begin} to {end}, but the file holds {room} bytes of tensors");
            }

            if (!TensorSize.TryByteLength(shape, SafetensorsDtype.Size(dtype), out long bytes) || bytes != end - begin)
            {
                throw Fault($"gives '{shown}' the shape {TensorEntry.Describe(shape)} of {SafetensorsDtype.Name(dtype)}, which is not the {end - begin} bytes of its place");
            }

            return new TensorEntry(dtype, shape, dataStart + begin, bytes);
        }

        // As the reference demands: every byte of the data belongs to exactly one tensor.
        private void CheckLayout()
        {
            long position = dataStart;
            foreach (var (name, entry) in _tensors.OrderBy(pair => pair.Value.Offset).ThenBy(pair => pair.Value.ByteLength))
            {
                if (entry.Offset != position)
                {
                    throw Fault($"places '{Listing.Name(name)}' at byte {entry.Offset - dataStart}, where byte {position - dataStart} is next: tensors {(entry.Offset < position ? "overlap" : "leave a hole")}");
                }

                position += entry.ByteLength;
            }

            if (position != file.Length)
            {
                throw Fault($"accounts for {position - dataStart} bytes of tensors, but the file holds {file.Length - dataStart}");
            }
        }

        private ScalarType ReadDtype(ref Utf8JsonReader reader, string shown)
        {
            Expect(ref reader, JsonTokenType.String, $"{shown}.dtype");
            string text = reader.GetString()!;
            return SafetensorsDtype.TryParse(text, out var dtype)
                ? dtype
                : throw new CheckpointException(file.Path, $"stores '{shown}' as {Listing.Name(text)}; EchoApex reads {SafetensorsDtype.Names}. Save it as one of these.");
        }

        private List<long> ReadNumbers(ref Utf8JsonReader reader, string shown, int limit)
        {
            Expect(ref reader, JsonTokenType.StartArray, shown);
            List<long> numbers = [];
            while (true)
            {
                Advance(ref reader);
                if (reader.TokenType == JsonTokenType.EndArray)
                {
                    return numbers;
                }

                if (numbers.Count == limit || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                {
                    throw Fault($"has no list of at most {limit} whole numbers at '{shown}'");
                }

                numbers.Add(number);
            }
        }

        // Leaves the reader on the value that belongs to the name.
        private static bool NextName(ref Utf8JsonReader reader, out string name)
        {
            Advance(ref reader);
            bool found = reader.TokenType == JsonTokenType.PropertyName;
            name = found ? reader.GetString()! : "";
            if (found)
            {
                Advance(ref reader);
            }

            return found;
        }

        private static void Advance(ref Utf8JsonReader reader)
        {
            if (!reader.Read())
            {
                throw new JsonException("The text ends too early.");
            }
        }

        private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string shown)
        {
            if (reader.TokenType != type)
            {
                throw Fault($"has {reader.TokenType} where {type} should be, at '{shown}'");
            }
        }

        private CheckpointException Fault(string what) =>
            new(file.Path, $"the safetensors header {what}. The file is damaged: fetch or write it again.");
    }
}
