using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Frames of equal length that follow one another without encoding.</summary>
internal sealed class NativeFrames : IDicomFrames
{
    private readonly ByteSource _source;
    private readonly long _offset;
    private readonly int _frameLength;
    private readonly bool _swapWords;

    public NativeFrames(ByteSource source, DicomElement pixelData, int count, long frameLength, bool swapWords)
    {
        if (frameLength * (double)count > pixelData.Length)
        {
            throw new DataException(source.Name, $"declares {count} frames of {frameLength} bytes, {frameLength * (double)count:0} bytes together, but its pixel data holds {pixelData.Length}.");
        }

        (_source, _offset, _frameLength, _swapWords, Count) = (source, pixelData.Offset, (int)frameLength, swapWords, count);
    }

    public int Count { get; }

    public int LengthOf(int frame) => _frameLength;

    public void Read(int frame, Span<byte> destination)
    {
        var bytes = destination[.._frameLength];
        _source.Read(_offset + ((long)frame * _frameLength), bytes);
        if (_swapWords)
        {
            DicomDataset.SwapWords(bytes);
        }
    }
}
