using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// A clip as the bytes that a shard will hold: its .json, its mask, its frames, each a member of a tar archive. Encoding takes
/// nearly all the time of writing a shard and may be done on several threads; <see cref="ShardWriter.Add"/> then only copies.
/// </summary>
public sealed class EncodedClip
{
    private EncodedClip(ShardClipInfo info, byte[] bytes, ShardClipRecord record, ShardFrameRecord[] frames)
    {
        (Info, Bytes, Record, Frames) = (info, bytes, record, frames);
    }

    /// <summary>What the clip's .json says.</summary>
    public ShardClipInfo Info { get; }

    /// <summary>Bytes in the archive.</summary>
    public long ByteCount => Bytes.LongLength;

    internal byte[] Bytes { get; }

    /// <summary>The clip's record in the index, with the places at 0.</summary>
    internal ShardClipRecord Record { get; }

    internal ShardFrameRecord[] Frames { get; }

    /// <summary>Encodes a clip. Equal clips and options give equal bytes (with one version of OpenCV).</summary>
    /// <exception cref="DataException">The clip does not fit a shard, or its frames do not share one sector.</exception>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public static EncodedClip Encode(ShardClip clip, ShardWriteOptions options)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "shards");
        clip.Validate();
        var frames = clip.Frames;
        bool outside = HasOutside(clip);

        // PNG keeps the zeros outside the sector by itself.
        byte[]? mask = outside && options.Codec == ShardCodec.Jpeg
            ? ShardFrameCodec.EncodeMask(frames[0].Pixels.Span, frames.Height, frames.Width)
            : null;
        byte[][] pictures = [.. Enumerable.Range(0, frames.FrameCount).Select(i => ShardFrameCodec.Encode(frames[i].Pixels.Span, frames.Height, frames.Width, options.Codec, options.Quality))];
        return Pack(clip, options, mask, pictures);
    }

    private static EncodedClip Pack(ShardClip clip, ShardWriteOptions options, byte[]? mask, byte[][] pictures)
    {
        var info = new ShardClipInfo
        {
            Key = clip.Key,
            Patient = string.IsNullOrEmpty(clip.Patient) ? null : clip.Patient,
            Codec = options.Codec,
            Quality = options.Codec == ShardCodec.Jpeg ? options.Quality : 0,
            Height = clip.Frames.Height,
            Width = clip.Frames.Width,
            MaskChecksum = mask is null ? null : Crc32C.Of(mask),
            FrameChecksums = [.. pictures.Select(picture => Crc32C.Of(picture))],
            FrameTimesMs = clip.FrameTimesMs,
            Spacing = clip.Spacing,
            View = clip.View,
            Scanner = clip.Scanner,
            Attributes = clip.Attributes,
        };
        byte[] json = ShardClipJsonWriter.Write(info);
        if (json.Length > ShardLayout.LongestJson)
        {
            throw new DataException(clip.Key, $"has a description of {json.Length} bytes; the limit is {ShardLayout.LongestJson}. Shorten its attributes.");
        }

        long length = new TarMember("", json.Length).Span + (mask is null ? 0 : new TarMember("", mask.Length).Span) + pictures.Sum(picture => new TarMember("", picture.Length).Span);
        if (length > Array.MaxLength)
        {
            throw new DataException(clip.Key, $"would take {length} bytes in a shard; the limit is {Array.MaxLength}. Leave frames out.");
        }

        byte[] bytes = new byte[length];
        var records = new ShardFrameRecord[pictures.Length];
        int position = 0;
        Put(bytes, ref position, $"{clip.Key}.{ShardLayout.JsonSuffix}", json);
        if (mask is not null)
        {
            Put(bytes, ref position, $"{clip.Key}.{ShardLayout.MaskSuffix}", mask);
        }

        for (int i = 0; i < pictures.Length; i++)
        {
            int start = Put(bytes, ref position, $"{clip.Key}.{ShardLayout.FrameSuffix(i, options.Codec)}", pictures[i]);
            records[i] = new ShardFrameRecord((uint)start, (uint)pictures[i].Length, info.FrameChecksums[i]);
        }

        return new EncodedClip(info, bytes, ShardClipRecord.Of(info, json.Length, Crc32C.Of(json), mask?.Length ?? 0), records);
    }

    // Returns where the content starts.
    private static int Put(byte[] bytes, ref int position, string name, byte[] content)
    {
        var member = new TarMember(name, content.Length);
        member.Write(bytes.AsSpan(position));
        int start = position + TarMember.Block;
        content.CopyTo(bytes, start);
        position += (int)member.Span;
        return start;
    }

    // The mask is stored once: a frame that disagrees would be changed in silence.
    private static bool HasOutside(ShardClip clip)
    {
        var frames = clip.Frames;
        var first = frames[0].Pixels.Span;
        for (int i = 1; i < frames.FrameCount; i++)
        {
            var pixels = frames[i].Pixels.Span;
            for (int j = 0; j < pixels.Length; j++)
            {
                if ((pixels[j] == 0) != (first[j] == 0))
                {
                    throw new DataException(clip.Key, $"differs from frame 0 in its sector at row {j / frames.Width}, column {j % frames.Width}; the frames of a clip share one sector: 0 outside, 1 to 255 inside.", i);
                }
            }
        }

        return first.Contains((byte)0);
    }
}
