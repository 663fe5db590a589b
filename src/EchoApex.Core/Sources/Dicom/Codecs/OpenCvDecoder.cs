using System.Buffers.Binary;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Decodes a compressed picture with OpenCV into gray or red-green-blue samples of 8 or 16 bits.</summary>
internal static class OpenCvDecoder
{
    /// <summary>Decodes a frame; see <see cref="IFrameCodec.Decode"/>. A picture of 8 bits fills 16 allocated bits with zeros above.</summary>
    public static unsafe void Decode(ReadOnlySpan<byte> encoded, ImreadModes mode, PixelDescription description, Span<byte> samples)
    {
        using var picture = Read(encoded, mode);
        bool deep = description.BitsAllocated == 16;
        if (picture.Empty() || picture.Rows != description.Rows || picture.Cols != description.Columns || picture.Channels() != description.Samples
            || !(picture.Depth() == MatType.CV_8U || (deep && picture.Depth() == MatType.CV_16U)))
        {
            throw new InvalidDataException("its compressed data cannot be decoded; it is damaged.");
        }

        if (deep && picture.Depth() == MatType.CV_8U)
        {
            picture.ConvertTo(picture, MatType.CV_16UC(picture.Channels()));
        }

        fixed (byte* target = samples[..description.DecodedLength])
        {
            using var destination = Mat.FromPixelData(description.Rows, description.Columns, picture.Type(), (nint)target);
            if (description.Samples == 3)
            {
                Cv2.CvtColor(picture, destination, ColorConversionCodes.BGR2RGB);
            }
            else
            {
                picture.CopyTo(destination);
            }
        }

        if (deep && !BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < description.DecodedLength; i += 2)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(samples[i..], BitConverter.ToUInt16(samples[i..]));
            }
        }
    }

    private static Mat Read(ReadOnlySpan<byte> encoded, ImreadModes mode)
    {
        try
        {
            // Orientation tags of a picture would turn it away from its own header.
            return Cv2.ImDecode(encoded, mode | ImreadModes.IgnoreOrientation);
        }
        catch (OpenCVException error)
        {
            throw new InvalidDataException($"its compressed data cannot be decoded ({error.Message.ReplaceLineEndings(" ").Trim()}).", error);
        }
    }
}
