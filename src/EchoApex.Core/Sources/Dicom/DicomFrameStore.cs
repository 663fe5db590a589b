using System.Buffers;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom.Codecs;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Decodes the frames of a DICOM object when they are asked for.</summary>
internal sealed class DicomFrameStore(
    string file,
    IDicomFrames frames,
    PixelDescription description,
    IFrameCodec codec,
    PixelConverter converter) : IFrameStore
{
    public int FrameCount => frames.Count;

    public int Height => description.Rows;

    public int Width => description.Columns;

    public int Channels => converter.Channels;

    public void ReadFrame(int index, Span<byte> destination)
    {
        int encodedLength = frames.LengthOf(index);
        if (encodedLength == 0)
        {
            throw new DataException(file, "is missing: the file is cut short before its end, or holds an empty fragment for it. Get the file again.", index);
        }

        byte[] encoded = ArrayPool<byte>.Shared.Rent(encodedLength);
        byte[]? samples = converter.IsIdentity ? null : ArrayPool<byte>.Shared.Rent(description.DecodedLength);
        try
        {
            frames.Read(index, encoded);
            var decoded = samples is null ? destination : samples;
            codec.Decode(encoded.AsSpan(0, encodedLength), description, decoded[..description.DecodedLength]);
            if (samples is not null)
            {
                converter.Convert(decoded, destination);
            }
        }
        catch (InvalidDataException error)
        {
            throw new DataException(file, error.Message, index, error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(encoded);
            if (samples is not null)
            {
                ArrayPool<byte>.Shared.Return(samples);
            }
        }
    }
}
