using EchoApex.Core.Sources.Images;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>
/// JPEG with 8 bits a sample: baseline, extended, progressive and lossless, by OpenCV's libjpeg-turbo. The colour transform
/// is taken from the stream's Adobe marker; where there is none, a marker made from the photometric interpretation is put
/// in, because the decoder would otherwise guess from component numbers.
/// </summary>
internal sealed class JpegCodec : IFrameCodec
{
    // A 16 x 16 block of three subsampled components takes at least 12 bits (DC and end-of-block for each of 6 blocks).
    public double LargestExpansion => 1024;

    public string DecodedPhotometric(PixelDescription description) => description switch
    {
        { Samples: 1 } => description.Photometric,
        { Photometric: "RGB" } => "RGB",
        { Photometric: "YBR_FULL" or "YBR_FULL_422" or "YBR_PARTIAL_422" or "YBR_PARTIAL_420" } => "RGB",
        _ => description.Photometric,
    };

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples)
    {
        var header = JpegHeader.TryRead(encoded)
            ?? throw new InvalidDataException("its data is no JPEG stream.");
        if (header.Width != description.Columns || header.Height != description.Rows || header.Components != description.Samples)
        {
            throw new InvalidDataException($"its JPEG stream holds {header.Height} x {header.Width} pixels of {header.Components} components; the header declares {description.Rows} x {description.Columns} of {description.Samples}.");
        }

        if (header.Precision != 8 || description.BitsAllocated != 8)
        {
            throw new InvalidDataException($"its JPEG stream has {header.Precision} bits a sample ({description.BitsAllocated} allocated); EchoApex decodes 8-bit JPEG. Transcode the file to an uncompressed syntax first, for instance with 'dcmdjpeg in.dcm out.dcm' of DCMTK.");
        }

        if (header.StreamLength is not { } length)
        {
            throw new InvalidDataException("its JPEG stream has no end marker; it is cut short.");
        }

        if (description.Samples == 1)
        {
            OpenCvDecoder.Decode(encoded[..length], ImreadModes.Grayscale, description, samples);
            return;
        }

        bool lossless = header.Process is 3 or 7 or 11 or 15;
        bool storedAsRgb = description.Photometric == "RGB";
        if (header.HasAdobeMarker && !lossless)
        {
            OpenCvDecoder.Decode(encoded[..length], ImreadModes.Color, description, samples);
            return;
        }

        // The lossless decoder does not convert colour: ask for the samples as they are, and convert them here.
        OpenCvDecoder.Decode(WithAdobeMarker(encoded[..length], convert: !storedAsRgb && !lossless), ImreadModes.Color, description, samples);
        if (lossless && !storedAsRgb)
        {
            YbrColor.FullToRgb(samples[..description.DecodedLength]);
        }
    }

    private static byte[] WithAdobeMarker(ReadOnlySpan<byte> stream, bool convert)
    {
        ReadOnlySpan<byte> marker = [0xFF, 0xEE, 0, 14, (byte)'A', (byte)'d', (byte)'o', (byte)'b', (byte)'e', 0, 100, 0, 0, 0, 0, convert ? (byte)1 : (byte)0];
        byte[] result = new byte[stream.Length + marker.Length];
        stream[..2].CopyTo(result);
        marker.CopyTo(result.AsSpan(2));
        stream[2..].CopyTo(result.AsSpan(2 + marker.Length));
        return result;
    }
}
