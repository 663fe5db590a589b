using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using EchoApex.Core.Imaging;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>Writes DICOM bytes element by element, right or wrong as a test wants them.</summary>
internal sealed class DicomBuilder(bool explicitVr = true, bool bigEndian = false)
{
    public const string ImplicitLittle = "1.2.840.10008.1.2";
    public const string ExplicitLittle = "1.2.840.10008.1.2.1";
    public const string Deflated = "1.2.840.10008.1.2.1.99";
    public const string ExplicitBig = "1.2.840.10008.1.2.2";
    public const string Rle = "1.2.840.10008.1.2.5";
    public const string JpegBaseline = "1.2.840.10008.1.2.4.50";
    public const string JpegLossless = "1.2.840.10008.1.2.4.70";
    public const string Jpeg2000 = "1.2.840.10008.1.2.4.90";

    private const uint Undefined = 0xFFFF_FFFF;
    private readonly List<byte> _bytes = [];

    public DicomBuilder Element(uint tag, string vr, byte[] value)
    {
        Header(tag, vr, (uint)(value.Length + (value.Length & 1)));
        _bytes.AddRange(value);
        if (value.Length % 2 == 1)
        {
            _bytes.Add(vr is "UI" or "OB" ? (byte)0 : (byte)' ');
        }

        return this;
    }

    public DicomBuilder Text(uint tag, string vr, string value) => Element(tag, vr, Encoding.Latin1.GetBytes(value));

    public DicomBuilder UInt16(uint tag, params int[] values) => Element(tag, "US", [.. values.SelectMany(value => Order(BitConverter.GetBytes((ushort)value)))]);

    public DicomBuilder UInt32(uint tag, long value) => Element(tag, "UL", Order(BitConverter.GetBytes((uint)value)));

    public DicomBuilder Double(uint tag, double value) => Element(tag, "FD", Order(BitConverter.GetBytes(value)));

    public DicomBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A sequence. Lengths are defined or undefined; the delimiter of items may be left out as some writers do.</summary>
    public DicomBuilder Sequence(uint tag, bool definedLength, bool itemDelimiters, params Action<DicomBuilder>[] items)
    {
        var content = new DicomBuilder(explicitVr, bigEndian);
        foreach (var fill in items)
        {
            var item = new DicomBuilder(explicitVr, bigEndian);
            fill(item);
            content.Tag(DicomTags.Item);
            content.Number(definedLength ? (uint)item._bytes.Count : Undefined);
            content._bytes.AddRange(item._bytes);
            if (!definedLength && itemDelimiters)
            {
                content.Tag(DicomTags.ItemDelimitation);
                content.Number(0);
            }
        }

        Header(tag, "SQ", definedLength ? (uint)content._bytes.Count : Undefined);
        _bytes.AddRange(content._bytes);
        if (!definedLength)
        {
            Tag(DicomTags.SequenceDelimitation);
            Number(0);
        }

        return this;
    }

    /// <summary>The elements of the image pixel module.</summary>
    public DicomBuilder Image(int rows, int columns, string photometric = "MONOCHROME2", int samples = 1, int bits = 8, int? stored = null, int? highBit = null, bool signed = false, bool planar = false, int? frames = null)
    {
        UInt16(DicomTags.SamplesPerPixel, samples);
        Text(DicomTags.PhotometricInterpretation, "CS", photometric);
        if (samples == 3)
        {
            UInt16(DicomTags.PlanarConfiguration, planar ? 1 : 0);
        }

        if (frames is { } count)
        {
            Text(DicomTags.NumberOfFrames, "IS", count.ToString());
        }

        return UInt16(DicomTags.Rows, rows)
            .UInt16(DicomTags.Columns, columns)
            .UInt16(DicomTags.BitsAllocated, bits)
            .UInt16(DicomTags.BitsStored, stored ?? bits)
            .UInt16(DicomTags.HighBit, highBit ?? (stored ?? bits) - 1)
            .UInt16(DicomTags.PixelRepresentation, signed ? 1 : 0);
    }

    public DicomBuilder Pixels(string vr, params byte[] value) => Element(DicomTags.PixelData, vr, value);

    /// <summary>Encapsulated pixel data.</summary>
    public DicomBuilder Fragments(uint[] offsetTable, byte[][] fragments, bool delimiter = true)
    {
        Header(DicomTags.PixelData, "OB", Undefined);
        Fragment([.. offsetTable.SelectMany(BitConverter.GetBytes)]);
        foreach (byte[] fragment in fragments)
        {
            Fragment(fragment);
        }

        if (delimiter)
        {
            Tag(DicomTags.SequenceDelimitation);
            Number(0);
        }

        return this;
    }

    /// <summary>The data set alone.</summary>
    public byte[] ToDataset() => _bytes.ToArray();

    /// <summary>A whole file.</summary>
    public byte[] ToFile(string transferSyntax, bool preamble = true)
    {
        var meta = new DicomBuilder();
        meta.Text(DicomTags.TransferSyntaxUid, "UI", transferSyntax);
        var file = new MemoryStream();
        if (preamble)
        {
            file.Write(new byte[128]);
            file.Write("DICM"u8);
        }

        file.Write(new DicomBuilder().UInt32(0x0002_0000, meta._bytes.Count).ToDataset());
        file.Write(meta.ToDataset());
        file.Write(transferSyntax == Deflated ? Deflate(ToDataset()) : ToDataset());
        return file.ToArray();
    }

    /// <summary>Opens the bytes of a file.</summary>
    public static EchoClip Open(byte[] file) => DicomClipSource.Open(new MemoryByteSource("test.dcm", file));

    /// <summary>Opens the bytes of a file and reads all frames.</summary>
    public static byte[][] ReadFrames(byte[] file)
    {
        var clip = Open(file);
        return [.. Enumerable.Range(0, clip.FrameCount).Select(clip.ReadFrame)];
    }

    /// <summary>RLE of one frame, each segment as literal runs of up to 128 bytes, or as repeat runs where bytes repeat.</summary>
    public static byte[] EncodeRle(params byte[][] segments)
    {
        byte[][] packed = [.. segments.Select(Pack)];
        byte[] header = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)packed.Length);
        uint offset = 64;
        for (int i = 0; i < packed.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4 + (4 * i)), offset);
            offset += (uint)packed[i].Length;
        }

        return [.. header, .. packed.SelectMany(segment => segment)];
    }

    private static byte[] Pack(byte[] segment)
    {
        List<byte> packed = [];
        int i = 0;
        while (i < segment.Length)
        {
            int run = 1;
            while (i + run < segment.Length && run < 128 && segment[i + run] == segment[i])
            {
                run++;
            }

            packed.AddRange(run > 1 ? [(byte)(1 - run), segment[i]] : [0, segment[i]]);
            i += run;
        }

        return packed.Count % 2 == 0 ? [.. packed] : [.. packed, 0x80];
    }

    private static byte[] Deflate(byte[] bytes)
    {
        var result = new MemoryStream();
        using (var deflater = new DeflateStream(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(bytes);
        }

        return result.ToArray();
    }

    private void Fragment(byte[] bytes)
    {
        Tag(DicomTags.Item);
        Number((uint)(bytes.Length + (bytes.Length & 1)));
        _bytes.AddRange(bytes);
        if (bytes.Length % 2 == 1)
        {
            _bytes.Add(0);
        }
    }

    private void Header(uint tag, string vr, uint length)
    {
        Tag(tag);
        if (!explicitVr)
        {
            Number(length);
            return;
        }

        _bytes.AddRange(Encoding.ASCII.GetBytes(vr));
        if (vr is "OB" or "OW" or "OV" or "SQ" or "UN" or "UT")
        {
            _bytes.AddRange([0, 0]);
            Number(length);
        }
        else
        {
            _bytes.AddRange(Order(BitConverter.GetBytes((ushort)length)));
        }
    }

    private void Tag(uint tag)
    {
        _bytes.AddRange(Order(BitConverter.GetBytes((ushort)(tag >> 16))));
        _bytes.AddRange(Order(BitConverter.GetBytes((ushort)tag)));
    }

    private void Number(uint value) => _bytes.AddRange(Order(BitConverter.GetBytes(value)));

    private byte[] Order(byte[] littleEndian) => bigEndian ? [.. littleEndian.Reverse()] : littleEndian;
}
