using System.Buffers;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Frames of equal length that follow one another without encoding. Those beyond the end of a file that is cut short have length 0.</summary>
internal sealed class NativeFrames : IDicomFrames
{
    // Of a frame, in a file that is cut short: a bound on what its header can make us allocate.
    private const int LeastBytes = 8;

    private readonly ByteSource _source;
    private readonly long _offset;
    private readonly long _pixelLength;
    private readonly int _frameLength;
    private readonly long _whole;
    private readonly bool _swapWords;

    /// <summary>Locates the frames.</summary>
    /// <param name="source">Holds the pixel data.</param>
    /// <param name="pixelData">The element, up to the end of the file where that is cut short.</param>
    /// <param name="count">Number of frames.</param>
    /// <param name="frameLength">Bytes of a frame.</param>
    /// <param name="swapWords">Whether words have their high byte first.</param>
    /// <param name="isCutShort">Whether the file ends inside the pixel data.</param>
    /// <exception cref="DataException">There are fewer bytes than that, and the file is not cut short; or not even the first frame is there.</exception>
    public NativeFrames(ByteSource source, DicomElement pixelData, int count, long frameLength, bool swapWords, bool isCutShort = false)
    {
        if (frameLength * (double)count > pixelData.Length && !(isCutShort && pixelData.Length >= frameLength))
        {
            throw new DataException(source.Name, $"declares {count} frames of {frameLength} bytes, {frameLength * (double)count:0} bytes together, but its pixel data holds {pixelData.Length}{(isCutShort ? " up to the end of the file, which is cut short" : "")}.");
        }

        if (count > source.Length / LeastBytes && isCutShort)
        {
            throw new DataException(source.Name, $"declares {count} frames in a file of {source.Length} bytes; it is cut short or damaged.");
        }

        (_source, _offset, _pixelLength, _frameLength, _swapWords, Count) = (source, pixelData.Offset, pixelData.Length, (int)frameLength, swapWords, count);
        _whole = pixelData.Length / frameLength;
    }

    public int Count { get; }

    public int LengthOf(int frame) => frame < _whole ? _frameLength : 0;

    public void Read(int frame, Span<byte> destination)
    {
        var bytes = destination[..LengthOf(frame)];
        long start = (long)frame * _frameLength;
        if (!_swapWords)
        {
            _source.Read(_offset + start, bytes);
            return;
        }

        // Words count from the first frame: one of odd length shares a word with the next one.
        long end = Math.Min(_pixelLength, start + bytes.Length + ((start + bytes.Length) & 1));
        int lead = (int)(start & 1);
        byte[] words = ArrayPool<byte>.Shared.Rent((int)(end - start) + lead);
        try
        {
            var whole = words.AsSpan(0, (int)(end - start) + lead);
            _source.Read(_offset + start - lead, whole);
            DicomDataset.SwapWords(whole);
            whole.Slice(lead, bytes.Length).CopyTo(bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(words);
        }
    }
}
