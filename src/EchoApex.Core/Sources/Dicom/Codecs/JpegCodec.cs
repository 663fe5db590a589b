using EchoApex.Core.Sources.Dicom.Codecs.Jpeg;
using EchoApex.Core.Sources.Images;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>
/// JPEG: lossy streams of 8 bits (baseline, extended, progressive) by OpenCV's libjpeg-turbo, extended ones of 12 bits and
/// lossless ones of 2 to 16 bits by decoders of our own. For 8-bit streams the colour transform is taken from the Adobe
/// marker; where there is none, a marker made from the photometric interpretation is put in, because the decoder would
/// otherwise guess from component numbers. Red, green and blue have no chroma that could be subsampled: a stream with
/// subsampled components is taken for YCbCr whatever the header calls it.
/// </summary>
internal sealed class JpegCodec : IFrameCodec
{
    public const string Remedy = "Transcode the file to an uncompressed syntax first, for instance with 'dcmdjpeg in.dcm out.dcm' of DCMTK.";

    // A 16 x 16 block of three subsampled components takes at least 12 bits (DC and end-of-block for each of 6 blocks);
    // samples of 16 bits double what comes out of it.
    public double LargestExpansion => 2048;

    public string DecodedPhotometric(PixelDescription description) => description switch
    {
        { Samples: 1 } or { Photometric: "RGB" } => description.Photometric,
        { BitsAllocated: 8, Photometric: "YBR_FULL" or "YBR_FULL_422" or "YBR_PARTIAL_422" or "YBR_PARTIAL_420" } => "RGB",
        { Photometric: "YBR_FULL_422" } => "YBR_FULL",
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

        if (header.StreamLength is not { } length)
        {
            throw new InvalidDataException("its JPEG stream has no end marker; it is cut short.");
        }

        var stream = encoded[..length];
        switch (header)
        {
            case { Process: 3 }:
                LosslessJpegDecoder.Decode(stream, description, samples);
                ConvertDecoded(description, samples);
                break;
            case { Process: 0 or 1 or 2, Precision: 8 } when description.BitsAllocated == 8:
                DecodeWithOpenCv(stream, header, description, samples);
                break;
            case { Process: 0 or 1, Precision: 8 or 12 } when description.BitsAllocated == 16:
                SequentialJpegDecoder.Decode(stream, description, samples);
                break;
            default:
                throw new InvalidDataException($"its stream is {NameOf(header)} with {header.Precision} bits a sample ({description.BitsAllocated} allocated), which EchoApex does not decode. {Remedy}");
        }
    }

    /// <summary>Whether a stream of a clip that is called RGB cannot be that: it is decoded as YCbCr.</summary>
    public static bool IsYbrCalledRgb(ReadOnlySpan<byte> encoded, PixelDescription description) =>
        description is { Photometric: "RGB", BitsAllocated: 8 } && JpegHeader.TryRead(encoded) is { Process: 0 or 1 or 2, HasAdobeMarker: false, IsSubsampled: true };

    private static string NameOf(JpegHeader header) => header.Process switch
    {
        0 or 1 => "sequential JPEG",
        2 => "progressive JPEG",
        >= 9 and <= 11 => "JPEG with arithmetic coding",
        _ => "hierarchical JPEG",
    };

    // Lossless streams hold the samples as the photometric interpretation says.
    private void ConvertDecoded(PixelDescription description, Span<byte> samples)
    {
        if (description.Photometric != DecodedPhotometric(description) && description.BitsAllocated == 8)
        {
            YbrColor.FullToRgb(samples[..description.DecodedLength]);
        }
    }

    private static void DecodeWithOpenCv(ReadOnlySpan<byte> stream, JpegHeader header, PixelDescription description, Span<byte> samples)
    {
        if (description.Samples == 1)
        {
            OpenCvDecoder.Decode(stream, ImreadModes.Grayscale, description, samples);
        }
        else if (header.HasAdobeMarker)
        {
            OpenCvDecoder.Decode(stream, ImreadModes.Color, description, samples);
        }
        else
        {
            OpenCvDecoder.Decode(WithAdobeMarker(stream, convert: description.Photometric != "RGB" || header.IsSubsampled), ImreadModes.Color, description, samples);
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
