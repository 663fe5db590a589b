using System.Text.Json;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// Reads the .json of a clip, token by token: a tree of it would take many times its size, and the bytes may come from anywhere.
/// Unknown properties are passed over, so that later versions may add some.
/// </summary>
internal static class ShardClipJsonReader
{
    /// <exception cref="FormatException">The bytes are no such description; the message says why, without a name.</exception>
    public static ShardClipInfo Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 8 });
            var draft = new Draft();
            Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "does not start with '{'");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                draft.Set(name, ref reader);
            }

            Require(!reader.Read(), "goes on after its end");
            return draft.Finish();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new FormatException($"is not the description of a clip: {error.Message}", error);
        }
    }

    private static void Require(bool condition, string fault)
    {
        if (!condition)
        {
            throw new FormatException($"is not the description of a clip: it {fault}");
        }
    }

    private sealed class Draft
    {
        private string? _format, _key, _patient, _codec, _view, _scanner;
        private int? _version, _quality, _frames, _height, _width;
        private uint? _mask;
        private List<uint> _checksums = [];
        private List<double>? _times;
        private PixelSpacing? _spacing;
        private Dictionary<string, string> _attributes = [];

        public void Set(string name, ref Utf8JsonReader reader)
        {
            switch (name)
            {
                case "format": _format = reader.GetString(); break;
                case "version": _version = reader.GetInt32(); break;
                case "key": _key = reader.GetString(); break;
                case "patient": _patient = reader.GetString(); break;
                case "codec": _codec = reader.GetString(); break;
                case "quality": _quality = reader.GetInt32(); break;
                case "frames": _frames = reader.GetInt32(); break;
                case "height": _height = reader.GetInt32(); break;
                case "width": _width = reader.GetInt32(); break;
                case "mask_crc32c": _mask = reader.GetUInt32(); break;
                case "frame_crc32c": _checksums = ReadList(ref reader, (ref Utf8JsonReader item) => item.GetUInt32()); break;
                case "frame_times_ms": _times = ReadList(ref reader, (ref Utf8JsonReader item) => item.GetDouble()); break;
                case "spacing_mm": _spacing = ReadSpacing(ref reader); break;
                case "view": _view = reader.GetString(); break;
                case "scanner": _scanner = reader.GetString(); break;
                case "attributes": _attributes = ReadAttributes(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        public ShardClipInfo Finish()
        {
            Require(_format == ShardLayout.ClipFormat, $"has no format '{ShardLayout.ClipFormat}'");
            Require(_version == ShardLayout.Version, $"has version {_version}; this EchoApex reads version {ShardLayout.Version}");
            Require(_key is not null && ShardClip.IsKey(_key), "has no key that may be one");
            Require(_codec is "jpeg" or "png", "has no known codec");
            Require(_frames >= 1 && _frames == _checksums.Count, $"says {_frames} frames and has {_checksums.Count} checksums");
            Require(_height is >= 1 and <= ShardLayout.LongestSide && _width is >= 1 and <= ShardLayout.LongestSide, $"says frames of {_height} x {_width}; sides are 1 to {ShardLayout.LongestSide}");
            Require(_times is null || _times.Count == _frames, $"has {_times?.Count} frame times for {_frames} frames");
            Require(_spacing is null || (_spacing.XMm > 0 && _spacing.YMm > 0), $"has a pixel spacing of {_spacing?.XMm} x {_spacing?.YMm} mm");
            return new ShardClipInfo
            {
                Key = _key!,
                Patient = string.IsNullOrEmpty(_patient) ? null : _patient,
                Codec = _codec == "jpeg" ? ShardCodec.Jpeg : ShardCodec.Png,
                Quality = _quality ?? 0,
                Height = _height!.Value,
                Width = _width!.Value,
                FrameChecksums = _checksums,
                MaskChecksum = _mask,
                FrameTimesMs = _times,
                Spacing = _spacing,
                View = _view,
                Scanner = _scanner,
                Attributes = _attributes,
            };
        }

        private delegate T ItemReader<T>(ref Utf8JsonReader reader);

        private static List<T> ReadList<T>(ref Utf8JsonReader reader, ItemReader<T> read)
        {
            Require(reader.TokenType == JsonTokenType.StartArray, "has no list where one belongs");
            var items = new List<T>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                items.Add(read(ref reader));
                Require(items.Count <= ShardLayout.MostFrames, "has more values than a clip may have frames");
            }

            return items;
        }

        private static PixelSpacing ReadSpacing(ref Utf8JsonReader reader)
        {
            Require(reader.TokenType == JsonTokenType.StartObject, "has no object 'spacing_mm'");
            (double x, double y) = (double.NaN, double.NaN);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isX = reader.ValueTextEquals("x"u8), isY = reader.ValueTextEquals("y"u8);
                reader.Read();
                x = isX ? reader.GetDouble() : x;
                y = isY ? reader.GetDouble() : y;
            }

            return new PixelSpacing(x, y);
        }

        private static Dictionary<string, string> ReadAttributes(ref Utf8JsonReader reader)
        {
            Require(reader.TokenType == JsonTokenType.StartObject, "has no object 'attributes'");
            var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                attributes[name] = reader.GetString() ?? "";
                Require(attributes.Count <= ShardLayout.MostAttributes, "has too many attributes");
            }

            return attributes;
        }
    }
}
