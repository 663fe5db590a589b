using System.Buffers;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>Frames of a Motion JPEG AVI file, each decoded by itself when it is asked for.</summary>
internal sealed class AviFrameStore(AviFile file, int[] sources, int height, int width, int channels) : IFrameStore
{
    public int FrameCount => sources.Length;

    public int Height => height;

    public int Width => width;

    public int Channels => channels;

    public void ReadFrame(int index, Span<byte> destination)
    {
        var chunk = file.Chunks[sources[index]];
        byte[] bytes = ArrayPool<byte>.Shared.Rent(chunk.Length);
        try
        {
            file.Source.Read(chunk.Offset, bytes.AsSpan(0, chunk.Length));
            Decode(bytes.AsSpan(0, chunk.Length), index, destination[..(height * width * channels)]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Decode(ReadOnlySpan<byte> bytes, int index, Span<byte> destination)
    {
        var header = JpegHeader.TryRead(bytes)
            ?? throw new DataException(file.Source.Name, "its data is no JPEG stream; it is damaged.", index);
        if (header.Width != width || header.Height != height || header.Precision != 8 || header.Components > channels || header.Components is not (1 or 3))
        {
            throw new DataException(file.Source.Name, $"its JPEG stream holds {header.Height} x {header.Width} pixels of {header.Components} components and {header.Precision} bits; the first frame has {height} x {width} of {channels}.", index);
        }

        if (header.StreamLength is not { } length)
        {
            throw new DataException(file.Source.Name, "its JPEG stream has no end marker; it is cut short.", index);
        }

        var stream = bytes[..length];
        using var picture = Read(header.HasHuffmanTables ? stream : StandardHuffmanTables.Insert(stream), index);
        if (picture.Empty() || picture.Rows != height || picture.Cols != width || picture.Channels() != channels || picture.Depth() != MatType.CV_8U)
        {
            throw new DataException(file.Source.Name, "its JPEG data cannot be decoded; it is damaged.", index);
        }

        Copy(picture, destination);
    }

    private Mat Read(ReadOnlySpan<byte> stream, int index)
    {
        try
        {
            return Cv2.ImDecode(stream, (channels == 1 ? ImreadModes.Grayscale : ImreadModes.Color) | ImreadModes.IgnoreOrientation);
        }
        catch (OpenCVException error)
        {
            throw new DataException(file.Source.Name, $"cannot be decoded: {error.Message.ReplaceLineEndings(" ").Trim()}", index, error);
        }
    }

    private static unsafe void Copy(Mat picture, Span<byte> destination)
    {
        fixed (byte* target = destination)
        {
            using var result = Mat.FromPixelData(picture.Rows, picture.Cols, picture.Type(), (nint)target);
            if (picture.Channels() == 3)
            {
                Cv2.CvtColor(picture, result, ColorConversionCodes.BGR2RGB);
            }
            else
            {
                picture.CopyTo(result);
            }
        }
    }
}
