using System.Text.Encodings.Web;
using System.Text.Json;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>Writes the .json of a clip. Equal clips give equal bytes.</summary>
internal static class ShardClipJsonWriter
{
    // Names are written as they are; nothing here goes into HTML.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(ShardClipInfo info)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("format", ShardLayout.ClipFormat);
            json.WriteNumber("version", ShardLayout.Version);
            json.WriteString("key", info.Key);
            WriteText(json, "patient", info.Patient);
            json.WriteString("codec", info.Codec == ShardCodec.Jpeg ? "jpeg" : "png");
            json.WriteNumber("quality", info.Quality);
            json.WriteNumber("frames", info.FrameCount);
            json.WriteNumber("height", info.Height);
            json.WriteNumber("width", info.Width);
            if (info.MaskChecksum is { } mask)
            {
                json.WriteNumber("mask_crc32c", mask);
            }

            json.WriteStartArray("frame_crc32c");
            foreach (uint checksum in info.FrameChecksums)
            {
                json.WriteNumberValue(checksum);
            }

            json.WriteEndArray();
            WriteOptional(json, info);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, ShardClipInfo info)
    {
        if (info.FrameTimesMs is { } times)
        {
            json.WriteStartArray("frame_times_ms");
            foreach (double time in times)
            {
                json.WriteNumberValue(time);
            }

            json.WriteEndArray();
        }

        if (info.Spacing is { } spacing)
        {
            json.WriteStartObject("spacing_mm");
            json.WriteNumber("x", spacing.XMm);
            json.WriteNumber("y", spacing.YMm);
            json.WriteEndObject();
        }

        WriteText(json, "view", info.View);
        WriteText(json, "scanner", info.Scanner);
        if (info.Attributes.Count > 0)
        {
            json.WriteStartObject("attributes");
            foreach (var (name, value) in info.Attributes.OrderBy(item => item.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
