using OpenCvSharp;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Decodes a compressed picture with OpenCV into gray or red-green-blue bytes.</summary>
internal static class OpenCvDecoder
{
    public static unsafe void Decode(ReadOnlySpan<byte> encoded, ImreadModes mode, PixelDescription description, Span<byte> samples)
    {
        using var picture = Read(encoded, mode);
        if (picture.Empty() || picture.Rows != description.Rows || picture.Cols != description.Columns
            || picture.Channels() != description.Samples || picture.Depth() != MatType.CV_8U)
        {
            throw new InvalidDataException("its compressed data cannot be decoded; it is damaged.");
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
