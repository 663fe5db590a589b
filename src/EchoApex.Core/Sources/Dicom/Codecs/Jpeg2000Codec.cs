using System.Buffers.Binary;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>JPEG 2000 with 8 bits a sample, by OpenCV's OpenJPEG, which undoes the component transforms RCT and ICT.</summary>
internal sealed class Jpeg2000Codec : IFrameCodec
{
    // An empty code block costs next to nothing.
    public double LargestExpansion => double.PositiveInfinity;

    public string DecodedPhotometric(PixelDescription description) =>
        description.Photometric is "YBR_RCT" or "YBR_ICT" ? "RGB"
        : description.Photometric == "YBR_FULL_422" ? "YBR_FULL"
        : description.Photometric;

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples)
    {
        CheckSize(encoded, description);
        OpenCvDecoder.Decode(encoded, description.Samples == 1 ? ImreadModes.Grayscale : ImreadModes.Color, description, samples);
    }

    // The SIZ segment follows the start of the code stream (ITU-T T.800 A.5.1).
    private static void CheckSize(ReadOnlySpan<byte> encoded, PixelDescription description)
    {
        int start = encoded.IndexOf<byte>([0xFF, 0x4F, 0xFF, 0x51]);
        if (start < 0 || encoded.Length < start + 45)
        {
            throw new InvalidDataException("its data is no JPEG 2000 code stream.");
        }

        var size = encoded[(start + 8)..];
        long width = (long)BinaryPrimitives.ReadUInt32BigEndian(size) - BinaryPrimitives.ReadUInt32BigEndian(size[8..]);
        long height = (long)BinaryPrimitives.ReadUInt32BigEndian(size[4..]) - BinaryPrimitives.ReadUInt32BigEndian(size[12..]);
        int components = BinaryPrimitives.ReadUInt16BigEndian(size[32..]);
        int precision = size[34];
        if (width != description.Columns || height != description.Rows || components != description.Samples)
        {
            throw new InvalidDataException($"its JPEG 2000 stream holds {height} x {width} pixels of {components} components; the header declares {description.Rows} x {description.Columns} of {description.Samples}.");
        }

        if (precision != 7 || description.BitsAllocated != 8)
        {
            throw new InvalidDataException($"its JPEG 2000 stream has {(precision & 0x7F) + 1} {(precision > 0x7F ? "signed " : "")}bits a sample ({description.BitsAllocated} allocated); EchoApex decodes unsigned 8-bit JPEG 2000. Transcode the file to an uncompressed syntax first, for instance with 'gdcmconv --raw in.dcm out.dcm' of GDCM.");
        }
    }
}
