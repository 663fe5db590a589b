using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Frames in encapsulated fragments (DICOM PS3.5 annex A.4). Which fragments make a frame is told by the extended or the
/// basic offset table; without one by the number of fragments, or by the fragments that begin a JPEG stream.
/// </summary>
internal sealed class EncapsulatedFrames : IDicomFrames
{
    private readonly ByteSource _source;
    private readonly Segment[][] _frames;

    private EncapsulatedFrames(ByteSource source, Segment[][] frames) => (_source, _frames) = (source, frames);

    public int Count => _frames.Length;

    /// <summary>Locates the frames.</summary>
    /// <param name="source">Holds the pixel data.</param>
    /// <param name="pixelData">The element, from its offset table to its delimiter.</param>
    /// <param name="count">Number of frames that the header declares.</param>
    /// <param name="elements">The data set, for its extended offset table.</param>
    public static EncapsulatedFrames Locate(ByteSource source, DicomElement pixelData, int count, DicomDataset elements)
    {
        var (table, fragments) = ReadFragments(source, pixelData);
        if (fragments.Count == 0)
        {
            throw new DataException(source.Name, "has pixel data without a single fragment.");
        }

        long[] extended = [.. elements.GetNumbers(DicomTags.ExtendedOffsetTable).Select(v => (long)Math.Min(v, long.MaxValue / 2))];
        var frames = ByOffsets(fragments, extended, count)
            ?? ByOffsets(fragments, table, count)
            ?? (count == 1 ? new Segment[][] { [.. fragments] } : null)
            ?? (fragments.Count == count ? fragments.Select(fragment => new[] { fragment }).ToArray() : null)
            ?? ByStreamStarts(source, fragments, count)
            ?? (fragments.Count == 1 ? ByStreamEnds(source, fragments[0], count) : null)
            ?? throw new DataException(source.Name, $"declares {count} frames, but its pixel data has {fragments.Count} fragments and neither an offset table nor stream headers that tell {count} frames apart.");
        foreach (var frame in frames)
        {
            if (frame.Sum(segment => (long)segment.Length) > Array.MaxLength)
            {
                throw new DataException(source.Name, "has an encoded frame of more than 2 GiB.");
            }
        }

        return new EncapsulatedFrames(source, frames);
    }

    public int LengthOf(int frame) => _frames[frame].Sum(segment => segment.Length);

    public void Read(int frame, Span<byte> destination)
    {
        foreach (var segment in _frames[frame])
        {
            _source.Read(segment.Offset, destination[..segment.Length]);
            destination = destination[segment.Length..];
        }
    }

    private static (long[] Table, List<Segment> Fragments) ReadFragments(ByteSource source, DicomElement pixelData)
    {
        var cursor = new DicomCursor(source, pixelData.Offset, pixelData.Offset + pixelData.Length, bigEndian: false);
        List<Segment> fragments = [];
        long[]? table = null;
        while (!cursor.AtEnd)
        {
            uint tag = cursor.ReadTag();
            int length = checked((int)Math.Min(cursor.ReadUInt32(), int.MaxValue));
            if (tag != DicomTags.Item)
            {
                break;
            }

            long start = cursor.Position;
            if (table is null)
            {
                table = new long[length / 4];
                for (int i = 0; i < table.Length; i++)
                {
                    table[i] = cursor.ReadUInt32();
                }
            }
            else
            {
                fragments.Add(new Segment(start, length));
            }

            cursor.MoveTo(start + length);
        }

        return (table ?? [], fragments);
    }

    // Offsets count from the item tag of the first fragment, 8 bytes before its first byte.
    private static Segment[][]? ByOffsets(List<Segment> fragments, long[] offsets, int count)
    {
        if (offsets.Length != count || offsets[0] != 0)
        {
            return null;
        }

        var frames = new Segment[count][];
        int next = 0;
        for (int frame = 0; frame < count; frame++)
        {
            long end = frame + 1 < count ? fragments[0].Offset + offsets[frame + 1] : long.MaxValue;
            int first = next;
            while (next < fragments.Count && fragments[next].Offset < end)
            {
                next++;
            }

            bool endsAtFragment = frame + 1 == count || (next < fragments.Count && fragments[next].Offset == end);
            if (next == first || !endsAtFragment)
            {
                return null;
            }

            frames[frame] = [.. fragments[first..next]];
        }

        return frames;
    }

    private static Segment[][]? ByStreamStarts(ByteSource source, List<Segment> fragments, int count)
    {
        List<int> starts = [];
        Span<byte> head = stackalloc byte[4];
        for (int i = 0; i < fragments.Count; i++)
        {
            if (fragments[i].Length >= head.Length)
            {
                source.Read(fragments[i].Offset, head);
                if (head is [0xFF, 0xD8, 0xFF, _] or [0xFF, 0x4F, 0xFF, 0x51])
                {
                    starts.Add(i);
                }
            }
        }

        if (starts.Count != count || starts[0] != 0)
        {
            return null;
        }

        starts.Add(fragments.Count);
        return [.. Enumerable.Range(0, count).Select(i => fragments[starts[i]..starts[i + 1]].ToArray())];
    }

    // Several JPEG streams in one fragment: each ends at its EOI marker.
    private static Segment[][]? ByStreamEnds(ByteSource source, Segment fragment, int count)
    {
        byte[] bytes = new byte[fragment.Length];
        source.Read(fragment.Offset, bytes);
        List<Segment[]> frames = [];
        int start = 0;
        while (JpegHeader.TryRead(bytes.AsSpan(start)) is { StreamLength: { } length })
        {
            frames.Add([new Segment(fragment.Offset + start, length)]);
            start += length;
            while (start < bytes.Length && bytes[start] != 0xFF)
            {
                start++;
            }
        }

        return frames.Count == count ? [.. frames] : null;
    }

    private readonly record struct Segment(long Offset, int Length);
}
