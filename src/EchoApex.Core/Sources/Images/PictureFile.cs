using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Images;

/// <summary>A PNG or JPEG file: its size from the header, its pixels on demand.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">"PNG" or "JPEG".</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Channels">1 or 3.</param>
internal sealed record PictureFile(string Path, string Format, int Width, int Height, int Channels)
{
    // 8,192 x 8,192: a bound on what a damaged header can make us allocate.
    private const long MostPixels = 1 << 26;
    private const long LongestFile = 1 << 30;

    /// <summary>Whether a file's first bytes are those of a picture.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) =>
        head.StartsWith(PngHeader.Signature) || head is [0xFF, 0xD8, 0xFF, ..];

    /// <summary>Reads the header and checks that the file is complete.</summary>
    public static PictureFile Open(string path) => Describe(path, ReadBytes(path));

    /// <summary>Decodes the pixels.</summary>
    /// <param name="channels">1, or 3 for red, green, blue.</param>
    /// <param name="destination">Receives Height x Width x channels bytes.</param>
    public unsafe void Decode(int channels, Span<byte> destination)
    {
        byte[] bytes = ReadBytes(Path);
        if (Describe(Path, bytes) != this)
        {
            throw new DataException(Path, "has changed since it was opened.");
        }

        using var picture = DecodeMat(bytes, channels);
        if (picture.Empty() || picture.Rows != Height || picture.Cols != Width || picture.Channels() != channels || picture.Depth() != MatType.CV_8U)
        {
            throw new DataException(Path, $"cannot be decoded: its {Format} data is damaged.");
        }

        fixed (byte* target = destination[..(Height * Width * channels)])
        {
            using var result = Mat.FromPixelData(Height, Width, picture.Type(), (nint)target);
            if (channels == 3)
            {
                Cv2.CvtColor(picture, result, ColorConversionCodes.BGR2RGB);
            }
            else
            {
                picture.CopyTo(result);
            }
        }
    }

    private Mat DecodeMat(byte[] bytes, int channels)
    {
        try
        {
            return Cv2.ImDecode(bytes, (channels == 1 ? ImreadModes.Grayscale : ImreadModes.Color) | ImreadModes.IgnoreOrientation);
        }
        catch (OpenCVException error)
        {
            throw new DataException(Path, $"cannot be decoded: {error.Message.ReplaceLineEndings(" ").Trim()}", innerException: error);
        }
    }

    private static PictureFile Describe(string path, ReadOnlySpan<byte> bytes)
    {
        var (format, width, height, channels, complete) =
            PngHeader.TryRead(bytes) is { } png ? ("PNG", png.Width, png.Height, png.IsGray ? 1 : 3, png.IsComplete)
            : JpegHeader.TryRead(bytes) is { } jpeg ? ("JPEG", jpeg.Width, jpeg.Height, jpeg.Components == 1 ? 1 : 3, jpeg.StreamLength is not null)
            : throw new DataException(path, "is neither a PNG nor a JPEG picture, or its header is damaged.");
        if (!complete)
        {
            throw new DataException(path, $"ends before its {format} data does; it is cut short.");
        }

        if (width < 1 || height < 1 || (long)width * height > MostPixels)
        {
            throw new DataException(path, $"declares {width} x {height} pixels; EchoApex reads pictures of 1 to {MostPixels}.");
        }

        return new PictureFile(path, format, width, height, channels);
    }

    private static byte[] ReadBytes(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        long length = new FileInfo(path).Length;
        if (length > LongestFile)
        {
            throw new DataException(path, $"has {length} bytes, more than the {LongestFile} that EchoApex reads as a picture.");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }
}
