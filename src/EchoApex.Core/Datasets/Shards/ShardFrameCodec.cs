// Shape legend: H x W = pixels of a frame.
using System.Numerics;
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Sources.Images.GrayJpeg;
using OpenCvSharp;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>Gray frames and masks to and from the pictures that a shard holds. May be used from several threads.</summary>
internal static unsafe class ShardFrameCodec
{
    /// <summary>One frame of H x W bytes as a JPEG or PNG file.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> frame, int height, int width, ShardCodec codec, int quality) => codec == ShardCodec.Jpeg
        ? Encode(frame, height, width, ".jpg", [(int)ImwriteFlags.JpegQuality, quality])
        : Encode(frame, height, width, ".png", []);

    /// <summary>The sector of a frame as a PNG of one bit a pixel, 1 inside.</summary>
    public static byte[] EncodeMask(ReadOnlySpan<byte> frame, int height, int width)
    {
        if (MaskPng.Fits(height, width))
        {
            return MaskPng.Write(frame, height, width);
        }

        byte[] mask = new byte[height * width];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = frame[i] == 0 ? (byte)0 : (byte)255;
        }

        return Encode(mask, height, width, ".png", [(int)ImwriteFlags.PngBilevel, 1]);
    }

    /// <summary>Decodes a mask into 0 and 255.</summary>
    /// <exception cref="FormatException">The picture is damaged or of another size.</exception>
    public static void DecodeMask(ReadOnlySpan<byte> picture, int height, int width, Span<byte> mask)
    {
        if (!MaskPng.TryRead(picture, height, width, mask))
        {
            Decode(picture, height, width, mask);
        }
    }

    /// <summary>Decodes a frame, or a mask of any kind of PNG. The header is compared with the expected size before anything is decoded.</summary>
    /// <exception cref="FormatException">The picture is damaged or of another size.</exception>
    public static void Decode(ReadOnlySpan<byte> picture, int height, int width, Span<byte> pixels)
    {
        var png = PngHeader.TryRead(picture);
        if (png is { IsComplete: false })
        {
            // OpenCV would set aside what a chunk declares, four gigabytes maybe, before it sees that they are not there.
            throw new FormatException("is a damaged picture: its chunks do not fit its length");
        }

        var size = png is not null ? (png.Height, png.Width)
            : JpegSize.TryRead(picture) ?? throw new FormatException("is neither a JPEG nor a PNG picture");
        if (size != (height, width))
        {
            throw new FormatException($"is a picture of {size.Height} x {size.Width}; the index says {height} x {width}");
        }

        if (GrayJpegDecoder.TryDecode(picture, height, width, pixels))
        {
            return;
        }

        try
        {
            using var decoded = Cv2.ImDecode(picture, ImreadModes.Grayscale | ImreadModes.IgnoreOrientation);
            if (decoded.Empty() || decoded.Rows != height || decoded.Cols != width || decoded.Type() != MatType.CV_8UC1 || !decoded.IsContinuous())
            {
                throw new FormatException("is a damaged picture");
            }

            new ReadOnlySpan<byte>(decoded.DataPointer, height * width).CopyTo(pixels);
        }
        catch (OpenCVException error)
        {
            throw new FormatException($"is a damaged picture: {error.Message.ReplaceLineEndings(" ").Trim()}", error);
        }
    }

    /// <summary>Whether a stored picture is a JPEG, which does not keep the zeros outside the sector.</summary>
    public static bool NeedsMark(ReadOnlySpan<byte> picture) => picture is [0xFF, ..];

    /// <summary>Sets pixels outside the sector to 0 and those inside to at least 1.</summary>
    /// <param name="pixels">H x W bytes.</param>
    /// <param name="mask">H x W bytes, 0 or 255; empty when the whole frame is sector.</param>
    public static void Mark(Span<byte> pixels, ReadOnlySpan<byte> mask)
    {
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var values = MemoryMarshal.Cast<byte, Vector<byte>>(pixels);
            var inside = MemoryMarshal.Cast<byte, Vector<byte>>(mask);
            for (int j = 0; j < values.Length; j++)
            {
                var marked = Vector.Max(values[j], Vector<byte>.One);
                values[j] = mask.IsEmpty ? marked : marked & inside[j];
            }

            i = values.Length * Vector<byte>.Count;
        }

        for (; i < pixels.Length; i++)
        {
            pixels[i] = !mask.IsEmpty && mask[i] == 0 ? (byte)0 : Math.Max(pixels[i], (byte)1);
        }
    }

    private static byte[] Encode(ReadOnlySpan<byte> pixels, int height, int width, string extension, int[] parameters)
    {
        fixed (byte* source = pixels)
        {
            using var picture = Mat.FromPixelData(height, width, MatType.CV_8UC1, (nint)source);
            return Cv2.ImEncode(extension, picture, out byte[] encoded, parameters)
                ? encoded
                : throw new EchoApexException($"A frame of {height} x {width} cannot be encoded as {extension}. Write the shards with the other codec.");
        }
    }
}
