using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>The headers of an AVI file's first video stream, and where its data and indexes are.</summary>
internal sealed record AviHeader
{
    // Headers have some hundred bytes a stream, indexes of the OpenDML kind some kilobytes.
    private const uint LongestHeader = 1 << 20;

    /// <summary>Number of the stream, which begins its chunks' names: "00dc".</summary>
    public required int Stream { get; init; }

    /// <summary>The codec's four characters, as the format block gives them, else the stream header.</summary>
    public required string Codec { get; init; }

    /// <summary>Columns.</summary>
    public required int Width { get; init; }

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>Frames a second; null when the headers give none.</summary>
    public required double? FramesPerSecond { get; init; }

    /// <summary>Number of frames that the stream header declares.</summary>
    public required long DeclaredFrames { get; init; }

    /// <summary>The stream's chunk "indx", without its head; empty when there is none.</summary>
    public required byte[] SuperIndex { get; init; }

    /// <summary>Position of each list "movi": of these four characters, and of the list's end.</summary>
    public required IReadOnlyList<(long Start, long End)> Movies { get; init; }

    /// <summary>Position and length of the data of the chunk "idx1"; null when there is none.</summary>
    public required (long Start, long Length)? OldIndex { get; init; }

    /// <summary>Whether a chunk's name is that of one of the stream's frames: "##dc" or "##db".</summary>
    public bool IsFrame(string name) =>
        name.Length == 4 && name[2] == 'd' && name[3] is 'c' or 'b' && name[0] == (char)('0' + (Stream / 10)) && name[1] == (char)('0' + (Stream % 10));

    /// <summary>Walks the outer chunks; null when there is no video stream or no data.</summary>
    public static AviHeader? Read(ByteSource source)
    {
        List<(long, long)> movies = [];
        (long, long)? oldIndex = null;
        byte[] headers = [];
        for (long riff = 0; riff + 12 <= source.Length;)
        {
            var (name, size) = AviFile.ReadHead(source, riff);
            if (name != "RIFF")
            {
                break;
            }

            // A size of 0 or all ones is left by writers that could not go back to fill it in.
            long end = size is 0 or uint.MaxValue ? source.Length : Math.Min(source.Length, riff + 8 + size);
            for (long position = riff + 12; position + 8 <= end;)
            {
                var (chunk, length) = AviFile.ReadHead(source, position);
                long next = position + 8 + length + (length & 1);
                long chunkEnd = Math.Min(end, position + 8 + length);
                if (chunk.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                {
                    break;
                }

                if (chunk == "LIST" && position + 16 <= source.Length)
                {
                    string kind = AviFile.ReadHead(source, position + 8).Name;
                    if (kind == "movi")
                    {
                        bool isOpen = length is 0 or uint.MaxValue;
                        movies.Add((position + 8, isOpen ? end : chunkEnd));
                        next = isOpen ? end : next;
                    }
                    else if (kind == "hdrl" && headers.Length == 0 && length is >= 4 and <= LongestHeader)
                    {
                        headers = new byte[Math.Max(0, chunkEnd - position - 12)];
                        source.Read(position + 12, headers);
                    }
                }
                else if (chunk == "idx1" && oldIndex is null)
                {
                    oldIndex = (position + 8, chunkEnd - position - 8);
                }

                position = next;
            }

            riff = end + ((end - riff) & 1);
        }

        return movies.Count > 0 ? FindStream(headers, movies, oldIndex) : null;
    }

    private static AviHeader? FindStream(byte[] headers, List<(long, long)> movies, (long, long)? oldIndex)
    {
        double microseconds = 0;
        int stream = 0;
        foreach (var (name, data) in Chunks(headers))
        {
            if (name == "avih" && data.Length >= 4)
            {
                microseconds = BinaryPrimitives.ReadUInt32LittleEndian(data.Span);
            }
            else if (name == "LIST" && data.Length >= 4 && data.Span[..4].SequenceEqual("strl"u8))
            {
                if (ReadStream(data[4..], stream, microseconds) is { } header)
                {
                    return header with { Movies = movies, OldIndex = oldIndex };
                }

                stream++;
            }
        }

        return null;
    }

    private static AviHeader? ReadStream(ReadOnlyMemory<byte> list, int stream, double microseconds)
    {
        ReadOnlyMemory<byte> head = default;
        ReadOnlyMemory<byte> format = default;
        ReadOnlyMemory<byte> index = default;
        foreach (var (name, data) in Chunks(list))
        {
            switch (name)
            {
                case "strh":
                    head = data;
                    break;
                case "strf":
                    format = data;
                    break;
                case "indx":
                    index = data;
                    break;
            }
        }

        if (head.Length < 36 || format.Length < 20 || !head.Span[..4].SequenceEqual("vids"u8) || stream > 99)
        {
            return null;
        }

        uint Number(ReadOnlyMemory<byte> from, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(from.Span[offset..]);

        var (scale, rate) = (Number(head, 20), Number(head, 24));
        var codec = format.Span.Slice(16, 4);
        return new AviHeader
        {
            Stream = stream,
            Codec = Encoding.Latin1.GetString(codec.IndexOfAnyExcept((byte)0) >= 0 ? codec : head.Span.Slice(4, 4)),
            Width = (int)Number(format, 4),
            Height = Math.Abs((long)(int)Number(format, 8)) is <= int.MaxValue and var height ? (int)height : 0,
            FramesPerSecond = scale > 0 && rate > 0 && rate / (double)scale < 10_000 ? rate / (double)scale
                : microseconds is > 100 ? 1e6 / microseconds
                : null,
            DeclaredFrames = Number(head, 32),
            SuperIndex = index.ToArray(),
            Movies = [],
            OldIndex = null,
        };
    }

    private static IEnumerable<(string Name, ReadOnlyMemory<byte> Data)> Chunks(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            string name = Encoding.Latin1.GetString(bytes.Span[..4]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[4..]);
            if (length > bytes.Length - 8)
            {
                yield break;
            }

            yield return (name, bytes.Slice(8, (int)length));
            bytes = bytes[(int)Math.Min(bytes.Length, 8L + length + (length & 1))..];
        }
    }
}
