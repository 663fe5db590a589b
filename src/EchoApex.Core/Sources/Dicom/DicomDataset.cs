using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>The elements of a data set or item: where their values lie. Values are read when asked for.</summary>
/// <param name="source">Holds the values.</param>
/// <param name="bigEndian">Whether numbers begin with their high byte.</param>
/// <param name="inherited">The character set of the data set that an item lies in; null for the outermost.</param>
internal sealed class DicomDataset(ByteSource source, bool bigEndian, DicomCharacterSet? inherited = null) : IDicomElements
{
    // Far above any header value of an image; keeps a damaged length from becoming a large allocation.
    private const int LongestValue = 16 << 20;

    private static readonly char[] Padding = ['\0', ' ', '\t', '\r', '\n'];

    private readonly Dictionary<uint, DicomElement> _elements = [];
    private DicomCharacterSet? _characterSet;

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

    /// <summary>The tags of all elements, empty ones included.</summary>
    public IEnumerable<uint> Tags => _elements.Keys;

    /// <summary>Whether an element holds items, as far as its value representation or its first bytes say.</summary>
    public bool IsSequence(uint tag)
    {
        if (tag == DicomTags.PixelData || !_elements.TryGetValue(tag, out var element) || element.Length < 8 || element.ValueRepresentation is not ("SQ" or "UN" or null))
        {
            return false;
        }

        Span<byte> first = stackalloc byte[4];
        source.Read(element.Offset, first);
        return bigEndian ? first.SequenceEqual(new byte[] { 0xFF, 0xFE, 0xE0, 0x00 }) : first.SequenceEqual(new byte[] { 0xFE, 0xFF, 0x00, 0xE0 });
    }

    public bool Contains(uint tag) => _elements.TryGetValue(tag, out var element) && element.Length > 0;

    /// <summary>A text. Where its bytes are none in the data set's character set, they are read as Latin-1: <see cref="GetExactString"/> refuses them.</summary>
    public string? GetString(uint tag)
    {
        byte[] bytes = ReadValue(tag);
        return Clean(Decode(tag, bytes) ?? Encoding.Latin1.GetString(bytes));
    }

    /// <summary>A text that is to be written elsewhere as it was meant; null when absent or empty.</summary>
    /// <exception cref="DataException">Its bytes are none in the data set's character set, or that is unknown.</exception>
    public string? GetExactString(uint tag)
    {
        string? text = Decode(tag, ReadValue(tag))?.Trim(Padding);
        if (text is null || text.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n' or '\f')))
        {
            throw new DataException(source.Name, $"has a text in {DicomTags.Format(tag)} that cannot be read for certain: {(CharacterSet.Value is { } set ? $"its bytes are none of the character set '{set}' that {DicomTags.Format(DicomTags.SpecificCharacterSet)} names, or EchoApex does not know that set" : $"it has bytes beyond ASCII, and {DicomTags.Format(DicomTags.SpecificCharacterSet)} names no character set")}. It would be passed on wrong: do not ask to keep the identity, or correct the character set of the file, for instance with 'dcmodify'.");
        }

        return Clean(text);
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

        return DicomParser.ReadItems(new DicomCursor(source, element.Offset, element.Offset + element.Length, bigEndian), element.HasExplicitItems, CharacterSet);
    }

    /// <summary>Exchanges the bytes of each 16-bit word.</summary>
    public static void SwapWords(Span<byte> bytes)
    {
        for (int i = 0; i + 1 < bytes.Length; i += 2)
        {
            (bytes[i], bytes[i + 1]) = (bytes[i + 1], bytes[i]);
        }
    }

    // An item without a set of its own has that of the data set around it (PS3.3 C.12.1.1.2).
    private DicomCharacterSet CharacterSet => _characterSet ??= Contains(DicomTags.SpecificCharacterSet)
        ? new DicomCharacterSet(Clean(Encoding.Latin1.GetString(ReadValue(DicomTags.SpecificCharacterSet))))
        : inherited ?? DicomCharacterSet.Default;

    private string? Decode(uint tag, byte[] bytes)
    {
        string? representation = _elements.TryGetValue(tag, out var element) ? element.ValueRepresentation : null;
        bool isName = representation is "PN" || (representation is null or "UN" && DicomTags.ValueRepresentation(tag) is "PN");
        return tag == DicomTags.SpecificCharacterSet ? Encoding.Latin1.GetString(bytes) : CharacterSet.Decode(bytes, isName);
    }

    // Control characters of a damaged or hostile file would reach the user's terminal.
    private static string? Clean(string text)
    {
        string trimmed = text.Trim(Padding);
        return trimmed.Length == 0 ? null : string.Concat(trimmed.Select(c => char.IsControl(c) ? '?' : c));
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
