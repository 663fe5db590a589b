using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Writes data elements in Explicit VR Little Endian (PS3.5 section 7.1), in the order in which they are given.</summary>
internal sealed class DicomElementWriter(Stream stream)
{
    /// <summary>Length of a value whose end is marked by a delimiter.</summary>
    public const uint UndefinedLength = 0xFFFFFFFF;

    // Of a value whose length has 16 bits; the length is even.
    private const int LongestShort = 65_534;

    private uint _lastTag;

    /// <summary>Writes tag, VR and length; the caller writes the value.</summary>
    public void Header(uint tag, string vr, uint length)
    {
        if (tag <= _lastTag)
        {
            throw new InvalidOperationException($"Element {tag:X8} follows {_lastTag:X8}: a data set is written in ascending order of tags.");
        }

        _lastTag = tag;
        bool longForm = vr is "OB" or "OW" or "OF" or "OD" or "SQ" or "UT" or "UN";
        Span<byte> header = stackalloc byte[12];
        WriteTag(header, tag);
        header[4] = (byte)vr[0];
        header[5] = (byte)vr[1];
        if (longForm)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], length);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], checked((ushort)length));
        }

        stream.Write(header[..(longForm ? 12 : 8)]);
    }

    /// <summary>
    /// Writes a text value, padded to an even length; null or empty gives an element without value. One too long for its value
    /// representation is written as UN, whose length has 32 bits (PS3.5 6.2.2, note on lengths).
    /// </summary>
    public void Text(uint tag, string vr, string? value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value ?? string.Empty);
        int padded = bytes.Length + (bytes.Length & 1);
        Header(tag, padded > LongestShort && vr != "UT" ? "UN" : vr, (uint)padded);
        stream.Write(bytes);
        if (padded > bytes.Length)
        {
            stream.WriteByte(vr == "UI" ? (byte)0 : (byte)' ');
        }
    }

    /// <summary>Writes a text of any length (UT).</summary>
    public void LongText(uint tag, string? value) => Text(tag, "UT", value);

    /// <summary>Writes 32-bit floats (FL), given as their little-endian bytes.</summary>
    public void Floats(uint tag, ReadOnlySpan<byte> littleEndian)
    {
        Header(tag, "FL", (uint)littleEndian.Length);
        stream.Write(littleEndian);
    }

    /// <summary>Writes an integer string (IS).</summary>
    public void Integer(uint tag, long value) => Text(tag, "IS", value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes decimal strings (DS), at most 16 characters each.</summary>
    public void Decimals(uint tag, params IEnumerable<double> values) => Text(tag, "DS", string.Join('\\', values.Select(FormatDecimal)));

    /// <summary>Writes a 16-bit number (US).</summary>
    public void UInt16(uint tag, int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)value));
        Header(tag, "US", 2);
        stream.Write(bytes);
    }

    /// <summary>Writes a 32-bit number (UL).</summary>
    public void UInt32(uint tag, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Header(tag, "UL", 4);
        stream.Write(bytes);
    }

    /// <summary>Writes a double (FD).</summary>
    public void Double(uint tag, double value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        Header(tag, "FD", 8);
        stream.Write(bytes);
    }

    /// <summary>Writes the tag of another element (AT).</summary>
    public void TagReference(uint tag, uint reference)
    {
        Span<byte> bytes = stackalloc byte[4];
        WriteTag(bytes, reference);
        Header(tag, "AT", 4);
        stream.Write(bytes);
    }

    /// <summary>Writes bytes (OB), padded to an even length.</summary>
    public void Bytes(uint tag, ReadOnlySpan<byte> value)
    {
        Header(tag, "OB", (uint)(value.Length + (value.Length & 1)));
        stream.Write(value);
        if ((value.Length & 1) != 0)
        {
            stream.WriteByte(0);
        }
    }

    /// <summary>Writes a sequence with explicit lengths; each action fills one item.</summary>
    public void Sequence(uint tag, params IEnumerable<Action<DicomElementWriter>> items)
    {
        using var content = new MemoryStream();
        foreach (var fill in items)
        {
            using var item = new MemoryStream();
            fill(new DicomElementWriter(item));
            WriteItem(content, item.GetBuffer().AsSpan(0, (int)item.Length));
        }

        Header(tag, "SQ", (uint)content.Length);
        content.WriteTo(stream);
    }

    /// <summary>Writes an item header and its bytes, padded to an even length: a sequence item or a pixel fragment.</summary>
    public static void WriteItem(Stream stream, ReadOnlySpan<byte> value)
    {
        WriteDelimiter(stream, 0xFFFEE000, (uint)(value.Length + (value.Length & 1)));
        stream.Write(value);
        if ((value.Length & 1) != 0)
        {
            stream.WriteByte(0);
        }
    }

    /// <summary>Writes one of the tags of group FFFE, which have no VR.</summary>
    public static void WriteDelimiter(Stream stream, uint tag, uint length)
    {
        Span<byte> header = stackalloc byte[8];
        WriteTag(header, tag);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], length);
        stream.Write(header);
    }

    /// <summary>A number in at most 16 characters, with as many digits as fit.</summary>
    internal static string FormatDecimal(double value)
    {
        for (int digits = 17; digits > 1; digits--)
        {
            string text = value.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (text.Length <= 16)
            {
                return text;
            }
        }

        return value.ToString("G1", CultureInfo.InvariantCulture);
    }

    private static void WriteTag(Span<byte> destination, uint tag)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)(tag >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], (ushort)tag);
    }
}
