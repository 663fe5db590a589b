using System.Buffers.Binary;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>
/// JPEG 2000, also with high-throughput block coding, of 8 to 16 bits, by OpenCV's OpenJPEG, which undoes the component
/// transforms RCT and ICT. OpenCV refuses signed samples: they are decoded as unsigned ones, whose level shift of half the
/// range (ITU-T T.800 G.1) is then taken back.
/// </summary>
internal sealed class Jpeg2000Codec : IFrameCodec
{
    private const string Remedy = "Transcode the file to an uncompressed syntax first, for instance with 'gdcmconv --raw in.dcm out.dcm' of GDCM.";

    // An empty code block costs next to nothing.
    public double LargestExpansion => double.PositiveInfinity;

    public string DecodedPhotometric(PixelDescription description) =>
        description.Photometric is "YBR_RCT" or "YBR_ICT" ? "RGB"
        : description.Photometric == "YBR_FULL_422" ? "YBR_FULL"
        : description.Photometric;

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples)
    {
        // Files of the format (JP2) wrap the code stream in boxes; SIZ comes first in it (T.800 A.5.1).
        int start = encoded.IndexOf<byte>([0xFF, 0x4F, 0xFF, 0x51]);
        if (start < 0 || encoded.Length < start + 42 + (3 * description.Samples))
        {
            throw new InvalidDataException("its data is no JPEG 2000 code stream.");
        }

        var (precision, signed) = Check(encoded[(start + 8)..], description);
        if (!signed)
        {
            OpenCvDecoder.Decode(encoded[start..], Mode(description), description, samples);
            return;
        }

        byte[] stream = encoded[start..].ToArray();
        for (int component = 0; component < description.Samples; component++)
        {
            stream[42 + (3 * component)] &= 0x7F;
        }

        OpenCvDecoder.Decode(stream, Mode(description), description, samples);
        TakeShiftBack(samples[..description.DecodedLength], description.BytesPerSample, 1 << (precision - 1));
    }

    private static ImreadModes Mode(PixelDescription description) =>
        (description.Samples == 1 ? ImreadModes.Grayscale : ImreadModes.Color)
        | (description.BitsAllocated == 16 ? ImreadModes.AnyDepth : 0);

    // What SIZ declares must be what the data set declares, before OpenJPEG allocates anything for it.
    private static (int Precision, bool Signed) Check(ReadOnlySpan<byte> size, PixelDescription description)
    {
        uint Number(ReadOnlySpan<byte> at, int offset) => BinaryPrimitives.ReadUInt32BigEndian(at[offset..]);

        long width = (long)Number(size, 0) - Number(size, 8);
        long height = (long)Number(size, 4) - Number(size, 12);
        int components = BinaryPrimitives.ReadUInt16BigEndian(size[32..]);
        if (width != description.Columns || height != description.Rows || components != description.Samples)
        {
            throw new InvalidDataException($"its JPEG 2000 stream holds {height} x {width} pixels of {components} components; the header declares {description.Rows} x {description.Columns} of {description.Samples}.");
        }

        CheckTiles(Number(size, 0), Number(size, 4), Number(size, 16), Number(size, 20), size.Length);
        int depth = size[34];
        for (int i = 0; i < components; i++)
        {
            var component = size.Slice(34 + (3 * i), 3);
            if (component[0] != depth || component[1] != 1 || component[2] != 1)
            {
                throw new InvalidDataException($"its JPEG 2000 stream has components of different depth or size, which EchoApex does not decode. {Remedy}");
            }
        }

        var (precision, signed) = ((depth & 0x7F) + 1, depth > 0x7F);
        return precision >= 8 && precision <= description.BitsAllocated
            ? (precision, signed)
            : throw new InvalidDataException($"its JPEG 2000 stream has {precision} {(signed ? "signed " : "")}bits a sample ({description.BitsAllocated} allocated); EchoApex decodes 8 to 16 bits that fit. {Remedy}");
    }

    // Each tile has a header of 12 bytes in the stream: without this bound a few bytes could ask for any number of tiles.
    private static void CheckTiles(uint right, uint bottom, uint tileWidth, uint tileHeight, int length)
    {
        double tiles = Math.Ceiling(right / (double)tileWidth) * Math.Ceiling(bottom / (double)tileHeight);
        if (!(tiles * 12 <= length))
        {
            throw new InvalidDataException($"its JPEG 2000 stream declares tiles of {tileHeight} x {tileWidth} pixels, more than its {length} bytes can hold; it is damaged.");
        }
    }

    private static void TakeShiftBack(Span<byte> samples, int bytesPerSample, int shift)
    {
        if (bytesPerSample == 1)
        {
            foreach (ref byte sample in samples)
            {
                sample -= (byte)shift;
            }

            return;
        }

        for (int i = 0; i + 1 < samples.Length; i += 2)
        {
            short value = (short)(BinaryPrimitives.ReadUInt16LittleEndian(samples[i..]) - shift);
            BinaryPrimitives.WriteInt16LittleEndian(samples[i..], value);
        }
    }
}
