using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Frames in encapsulated fragments (DICOM PS3.5 annex A.4). Which fragments make a frame is told by the extended or the
/// basic offset table; without one by the number of fragments, or by the fragments that begin a stream. Frames beyond the
/// end of a file that is cut short have length 0.
/// </summary>
internal sealed class EncapsulatedFrames : IDicomFrames
{
    // Bytes before each fragment: more frames than that there cannot be.
    private const int ItemHeader = 8;

    private readonly ByteSource _source;
    private readonly Fragment[][] _frames;

    private EncapsulatedFrames(ByteSource source, Fragment[][] frames) => (_source, _frames) = (source, frames);

    public int Count => _frames.Length;

    /// <summary>Locates the frames.</summary>
    /// <param name="source">Holds the pixel data.</param>
    /// <param name="pixelData">The element, from its offset table to the end of the file.</param>
    /// <param name="count">Number of frames that the header declares; null when it declares none.</param>
    /// <param name="elements">The data set, for its extended offset table.</param>
    /// <param name="aFragmentIsAFrame">Whether the transfer syntax has a fragment a frame, as RLE does.</param>
    /// <param name="notes">Receives a sentence where there are more frames than declared.</param>
    /// <exception cref="DataException">The frames cannot be told apart, or not even the first one is there.</exception>
    public static EncapsulatedFrames Locate(ByteSource source, DicomElement pixelData, int? count, DicomDataset elements, bool aFragmentIsAFrame, List<string> notes)
    {
        var fragments = ReadFragments(source, pixelData);

        // Lengths come as 64-bit numbers, of which the exact ones alone can be offsets.
        long[] extended = [.. elements.GetNumbers(DicomTags.ExtendedOffsetTable).Select(v => (long)Math.Min(v, long.MaxValue / 2))];
        if (count > source.Length / ItemHeader)
        {
            throw new DataException(source.Name, $"declares {count} frames in a file of {source.Length} bytes; it is cut short or damaged.");
        }

        int frameCount = count ?? CountFrames(source, fragments, extended.Length, aFragmentIsAFrame);
        var frames = MoreThanDeclared(source, fragments, extended, count, aFragmentIsAFrame)
            ?? LocateAs(source, fragments, extended, frameCount, aFragmentIsAFrame)
            ?? throw new DataException(source.Name, fragments.CutAt is null
                ? $"declares {frameCount} frames, but its pixel data has {fragments.Whole.Count} fragments and neither an offset table nor stream headers that tell {frameCount} frames apart."
                : $"ends inside its pixel data, behind {fragments.Whole.Count} whole fragments that cannot be told apart as {frameCount} frames; it is cut short.");
        if (frames.Length > frameCount)
        {
            notes.Add($"The pixel data holds {frames.Length} frames; the {frameCount} that the header declares were read.");
            frames = frames[..frameCount];
        }

        return Create(source, frames);
    }

    /// <summary>Locates a video stream: all fragments joined, whatever number of frames the header declares.</summary>
    /// <param name="source">Holds the pixel data.</param>
    /// <param name="pixelData">The element, from its offset table to the end of the file.</param>
    /// <exception cref="DataException">The file ends inside the stream.</exception>
    public static EncapsulatedFrames LocateStream(ByteSource source, DicomElement pixelData)
    {
        var fragments = ReadFragments(source, pixelData);
        return fragments.CutAt is null
            ? Create(source, [[.. fragments.Whole]])
            : throw new DataException(source.Name, $"ends inside its video stream, behind {fragments.Whole.Count} whole fragments; it is cut short.");
    }

    public int LengthOf(int frame)
    {
        int length = 0;
        foreach (var fragment in _frames[frame])
        {
            length += fragment.Length;
        }

        return length;
    }

    public void Read(int frame, Span<byte> destination)
    {
        foreach (var fragment in _frames[frame])
        {
            _source.Read(fragment.Offset, destination[..fragment.Length]);
            destination = destination[fragment.Length..];
        }
    }

    private static Fragments ReadFragments(ByteSource source, DicomElement pixelData)
    {
        var fragments = FragmentReader.Read(source, pixelData);
        return fragments.Whole.Count > 0
            ? fragments
            : throw new DataException(source.Name, fragments.CutAt is null ? "has pixel data without a single fragment." : "ends inside its first frame; it is cut short.");
    }

    private static EncapsulatedFrames Create(ByteSource source, Fragment[][] frames)
    {
        foreach (var frame in frames)
        {
            if (frame.Sum(fragment => (long)fragment.Length) > Array.MaxLength)
            {
                throw new DataException(source.Name, "has an encoded frame of more than 2 GiB.");
            }
        }

        return frames[0].Length > 0
            ? new EncapsulatedFrames(source, frames)
            : throw new DataException(source.Name, "ends inside its first frame; it is cut short.");
    }

    // All frames of a whole file that has more of them than its header declares; null for any other. Without this look a header
    // of one frame would join them all into it.
    private static Fragment[][]? MoreThanDeclared(ByteSource source, Fragments fragments, long[] extended, int? declared, bool aFragmentIsAFrame)
    {
        if (declared is not { } count || fragments.CutAt is not null || fragments.Whole.Count <= count)
        {
            return null;
        }

        int found = CountFrames(source, fragments, extended.Length, aFragmentIsAFrame);
        return found > count ? LocateAs(source, fragments, extended, found, aFragmentIsAFrame) : null;
    }

    private static Fragment[][]? LocateAs(ByteSource source, Fragments fragments, long[] extended, int count, bool aFragmentIsAFrame) =>
        ByOffsets(fragments, extended, count)
            ?? ByOffsets(fragments, fragments.Table, count)
            ?? (fragments.CutAt is null ? ByFragments(source, fragments.Whole, count) : ByWholeFragments(source, fragments.Whole, count, aFragmentIsAFrame));

    private static int CountFrames(ByteSource source, Fragments fragments, int extended, bool aFragmentIsAFrame) =>
        extended > 0 ? extended
        : fragments.Table.Length > 0 ? fragments.Table.Length
        : aFragmentIsAFrame ? fragments.Whole.Count
        : Math.Max(1, fragments.Whole.Count(fragment => BeginsStream(source, fragment)));

    private static Fragment[][]? ByFragments(ByteSource source, List<Fragment> fragments, int count) =>
        count == 1 ? [[.. fragments]]
        : fragments.Count == count ? [.. fragments.Select(fragment => new[] { fragment })]
        : ByStreamStarts(source, fragments, count)
            ?? (fragments.Count == 1 ? ByStreamEnds(source, fragments[0], count) : null);

    // Offsets count from the item tag of the first fragment, 8 bytes before its first byte. Frames that are not whole stay empty.
    private static Fragment[][]? ByOffsets(Fragments fragments, long[] offsets, int count)
    {
        if (offsets.Length != count || offsets[0] != 0)
        {
            return null;
        }

        var whole = fragments.Whole;
        var frames = new Fragment[count][];
        int next = 0;
        for (int frame = 0; frame < count; frame++)
        {
            bool isLast = frame + 1 == count;
            long end = isLast ? long.MaxValue : whole[0].Offset + offsets[frame + 1];
            int first = next;
            while (next < whole.Count && whole[next].Offset < end)
            {
                next++;
            }

            bool endsInCut = fragments.CutAt is { } cut && (isLast || end > cut);
            bool endsAtFragment = isLast || end == (next < whole.Count ? whole[next].Offset : fragments.CutAt ?? -1);
            if (!endsInCut && (next == first || !endsAtFragment))
            {
                return null;
            }

            frames[frame] = endsInCut ? [] : [.. whole[first..next]];
        }

        return frames;
    }

    // Of a file that is cut short: as many frames as there are whole fragments, if each of them is a frame.
    private static Fragment[][]? ByWholeFragments(ByteSource source, List<Fragment> fragments, int count, bool aFragmentIsAFrame) =>
        fragments.Count < count && (aFragmentIsAFrame || fragments.All(fragment => BeginsStream(source, fragment)))
            ? [.. Enumerable.Range(0, count).Select(i => i < fragments.Count ? new[] { fragments[i] } : [])]
            : null;

    private static Fragment[][]? ByStreamStarts(ByteSource source, List<Fragment> fragments, int count)
    {
        List<int> starts = [.. Enumerable.Range(0, fragments.Count).Where(i => BeginsStream(source, fragments[i]))];
        if (starts.Count != count || starts[0] != 0)
        {
            return null;
        }

        starts.Add(fragments.Count);
        return [.. Enumerable.Range(0, count).Select(i => fragments[starts[i]..starts[i + 1]].ToArray())];
    }

    // JPEG and JPEG-LS, JPEG 2000, and JPEG 2000 in its file format.
    private static bool BeginsStream(ByteSource source, Fragment fragment)
    {
        Span<byte> head = stackalloc byte[4];
        if (fragment.Length < head.Length)
        {
            return false;
        }

        source.Read(fragment.Offset, head);
        return head is [0xFF, 0xD8, 0xFF, _] or [0xFF, 0x4F, 0xFF, 0x51] or [0, 0, 0, 0x0C];
    }

    // Several JPEG streams in one fragment, at least as many as there are to be: each ends at its EOI marker.
    private static Fragment[][]? ByStreamEnds(ByteSource source, Fragment fragment, int count)
    {
        byte[] bytes = new byte[fragment.Length];
        source.Read(fragment.Offset, bytes);
        List<Fragment[]> frames = [];
        int start = 0;
        while (JpegHeader.TryRead(bytes.AsSpan(start)) is { StreamLength: { } length })
        {
            frames.Add([new Fragment(fragment.Offset + start, length)]);
            start += length;
            while (start < bytes.Length && bytes[start] != 0xFF)
            {
                start++;
            }
        }

        return frames.Count >= count ? [.. frames] : null;
    }
}
