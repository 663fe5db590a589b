using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>The elements of a data set or item: where their values lie. Values are read when asked for.</summary>
internal sealed class DicomDataset(ByteSource source, bool bigEndian) : IDicomElements
{
    // Far above any header value of an image; keeps a damaged length from becoming a large allocation.
    private const int LongestValue = 16 << 20;

    private readonly Dictionary<uint, DicomElement> _elements = [];

    /// <summary>The pixel data element; null when there is none.</summary>
    public DicomElement? PixelData { get; private set; }

    /// <summary>Whether the pixel data has undefined length, that is, comes as fragments.</summary>
    public bool PixelDataIsEncapsulated { get; private set; }

    /// <summary>Whether the file ends before the pixel data does.</summary>
    public bool PixelDataIsCutShort { get; private set; }

    public void Add(uint tag, DicomElement element) => _elements[tag] = element;

    /// <summary>Adds the pixel data element.</summary>
    public void AddPixelData(DicomElement element, bool isEncapsulated, bool isCutShort)
    {
        _elements[DicomTags.PixelData] = element;
        (PixelData, PixelDataIsEncapsulated, PixelDataIsCutShort) = (element, isEncapsulated, isCutShort);
    }

    public bool Contains(uint tag) => _elements.TryGetValue(tag, out var element) && element.Length > 0;

    public string? GetString(uint tag)
    {
        byte[] bytes = ReadValue(tag);
        var encoding = tag != DicomTags.SpecificCharacterSet && GetString(DicomTags.SpecificCharacterSet) is { } set && set.Contains("ISO_IR 192", StringComparison.Ordinal)
            ? Encoding.UTF8
            : Encoding.Latin1;
        string text = encoding.GetString(bytes).Trim('\0', ' ', '\t', '\r', '\n');

        // Control characters of a damaged or hostile file would reach the user's terminal.
        return text.Length == 0 ? null : string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
    }

    public IReadOnlyList<double> GetNumbers(uint tag)
    {
        if (!Contains(tag))
        {
            return [];
        }

        string? stored = _elements[tag].ValueRepresentation;
        string? representation = stored is null or "UN" ? DicomTags.ValueRepresentation(tag) : stored;
        byte[] bytes = ReadValue(tag);
        return representation switch
        {
            "US" or "OW" => Decode(bytes, 2, bigEndian ? b => BinaryPrimitives.ReadUInt16BigEndian(b) : b => BinaryPrimitives.ReadUInt16LittleEndian(b)),
            "SS" => Decode(bytes, 2, bigEndian ? b => BinaryPrimitives.ReadInt16BigEndian(b) : b => BinaryPrimitives.ReadInt16LittleEndian(b)),
            "UL" or "OL" => Decode(bytes, 4, bigEndian ? b => BinaryPrimitives.ReadUInt32BigEndian(b) : b => BinaryPrimitives.ReadUInt32LittleEndian(b)),
            "SL" => Decode(bytes, 4, bigEndian ? b => BinaryPrimitives.ReadInt32BigEndian(b) : b => BinaryPrimitives.ReadInt32LittleEndian(b)),
            "FL" or "OF" => Decode(bytes, 4, bigEndian ? b => BinaryPrimitives.ReadSingleBigEndian(b) : b => BinaryPrimitives.ReadSingleLittleEndian(b)),
            "FD" or "OD" => Decode(bytes, 8, bigEndian ? b => BinaryPrimitives.ReadDoubleBigEndian(b) : b => BinaryPrimitives.ReadDoubleLittleEndian(b)),
            "UV" or "OV" => Decode(bytes, 8, bigEndian ? b => BinaryPrimitives.ReadUInt64BigEndian(b) : b => BinaryPrimitives.ReadUInt64LittleEndian(b)),
            _ => ParseNumbers(bytes),
        };
    }

    public ReadOnlyMemory<byte> GetBytes(uint tag)
    {
        byte[] bytes = ReadValue(tag);
        if (bigEndian && _elements.TryGetValue(tag, out var element) && element.ValueRepresentation is "OW" or "US" or "SS")
        {
            SwapWords(bytes);
        }

        return bytes;
    }

    public IReadOnlyList<IDicomElements> GetItems(uint tag)
    {
        if (!_elements.TryGetValue(tag, out var element))
        {
            return [];
        }

        return DicomParser.ReadItems(new DicomCursor(source, element.Offset, element.Offset + element.Length, bigEndian), element.HasExplicitItems);
    }

    /// <summary>Exchanges the bytes of each 16-bit word.</summary>
    public static void SwapWords(Span<byte> bytes)
    {
        for (int i = 0; i + 1 < bytes.Length; i += 2)
        {
            (bytes[i], bytes[i + 1]) = (bytes[i + 1], bytes[i]);
        }
    }

    private byte[] ReadValue(uint tag)
    {
        if (!_elements.TryGetValue(tag, out var element))
        {
            return [];
        }

        if (element.Length > LongestValue)
        {
            throw new DataException(source.Name, $"has {element.Length} bytes in {DicomTags.Format(tag)}, more than the {LongestValue} that a header value may have.");
        }

        byte[] bytes = new byte[element.Length];
        source.Read(element.Offset, bytes);
        return bytes;
    }

    private delegate double Reader(ReadOnlySpan<byte> bytes);

    private static double[] Decode(ReadOnlySpan<byte> bytes, int size, Reader reader)
    {
        double[] numbers = new double[bytes.Length / size];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader(bytes.Slice(i * size, size));
        }

        return numbers;
    }

    private static double[] ParseNumbers(ReadOnlySpan<byte> text)
    {
        double[] numbers = new double[text.Count((byte)'\\') + 1];
        int count = 0;
        foreach (var part in text.Split((byte)'\\'))
        {
            if (!double.TryParse(text[part].Trim("\0 \t\r\n"u8), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            {
                return [];
            }

            numbers[count++] = number;
        }

        return numbers;
    }
}
