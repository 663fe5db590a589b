using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>
/// The first video stream of an AVI file: its format and where its frames lie. Source: Microsoft's "AVI RIFF File Reference"
/// and the OpenDML AVI extensions 1.02 (indx, ix00, RIFF AVIX).
/// </summary>
internal sealed class AviFile
{
    private AviFile(ByteSource source, AviHeader header, IReadOnlyList<AviChunk> chunks, IReadOnlyList<string> notes) =>
        (Source, Header, Chunks, Notes) = (source, header, chunks, notes);

    /// <summary>The file.</summary>
    public ByteSource Source { get; }

    /// <summary>What its headers say.</summary>
    public AviHeader Header { get; }

    /// <summary>The frames in order.</summary>
    public IReadOnlyList<AviChunk> Chunks { get; }

    /// <summary>What was repaired, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Reads headers and index; null when there is no video stream that could be followed.</summary>
    public static AviFile? TryOpen(string path)
    {
        var source = new FileByteSource(path);
        using var open = source.KeepOpen();
        return TryOpen(source);
    }

    /// <summary>As <see cref="TryOpen(string)"/>, from bytes wherever they are.</summary>
    public static AviFile? TryOpen(ByteSource source)
    {
        try
        {
            return AviHeader.Read(source) is { } header ? Locate(source, header) : null;
        }
        catch (DataException)
        {
            // What cannot be followed here is left to FFmpeg, which repairs more.
            return null;
        }
    }

    // The index counts where each of its entries is a chunk of the stream. It may still leave out the end of the file.
    private static AviFile? Locate(ByteSource source, AviHeader header)
    {
        var index = AviIndex.Read(source, header);
        if (index is not null && index.Count >= header.DeclaredFrames)
        {
            return new AviFile(source, header, index, []);
        }

        var scanned = AviScan.Read(source, header);
        if (index is not null && index.Count >= scanned.Count)
        {
            return new AviFile(source, header, index, []);
        }

        string note = $"The index of the file is {(index is null ? "missing or wrong" : $"incomplete ({index.Count} entries)")}; {scanned.Count} frames were found by its chunks.";
        return scanned.Count == 0 ? null : new AviFile(source, header, scanned, [note]);
    }

    /// <summary>Four characters and a length at a position.</summary>
    internal static (string Name, uint Length) ReadHead(ByteSource source, long position)
    {
        Span<byte> head = stackalloc byte[8];
        source.Read(position, head);
        return (Encoding.Latin1.GetString(head[..4]), BinaryPrimitives.ReadUInt32LittleEndian(head[4..]));
    }
}
