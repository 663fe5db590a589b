using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>One channel of a palette (DICOM PS3.3 C.7.6.3.1.5 and .6), brought to 8 bits.</summary>
internal sealed class PaletteLookup
{
    private readonly byte[] _entries;
    private readonly int _first;

    private PaletteLookup(byte[] entries, int first) => (_entries, _first) = (entries, first);

    /// <summary>The colour of a stored value; values outside the table take its first or last entry.</summary>
    public byte this[int value] => _entries[Math.Clamp(value - _first, 0, _entries.Length - 1)];

    /// <summary>Reads red, green and blue.</summary>
    public static PaletteLookup[] ReadAll(IDicomElements elements, bool signed, string file)
    {
        if (!elements.Contains(DicomTags.RedPaletteData))
        {
            throw new DataException(file, elements.Contains(DicomTags.SegmentedRedPaletteData)
                ? "has a segmented palette, which EchoApex does not read. Convert the file to RGB first, for instance with 'dcmj2pnm' or 'gdcmimg'."
                : $"is PALETTE COLOR but has no palette {DicomTags.Format(DicomTags.RedPaletteData)}.");
        }

        var channels = Enumerable.Range(0, 3).Select(channel => ReadEntries(elements, (uint)channel, signed, file)).ToArray();

        // 16-bit entries use the whole range (white is 65,535); some writers put 8-bit values there all the same. The entries tell,
        // not the descriptor: where it says 8 bits, words may repeat the byte (0x5A5A) or use the whole range too.
        bool scaled = channels.Any(channel => channel.Bits > 8 && channel.Entries.Any(entry => entry > 255));
        return [.. channels.Select(channel => new PaletteLookup(
            [.. channel.Entries.Select(entry => scaled && channel.Bits > 8 ? (byte)(entry >> 8) : (byte)Math.Min(entry, (ushort)255))],
            channel.First))];
    }

    private static (ushort[] Entries, int First, int Bits) ReadEntries(IDicomElements elements, uint channel, bool signed, string file)
    {
        var descriptor = elements.GetNumbers(DicomTags.RedPaletteDescriptor + channel);
        if (descriptor.Count != 3 || descriptor[2] is < 1 or > 16)
        {
            throw new DataException(file, $"has a palette descriptor {DicomTags.Format(DicomTags.RedPaletteDescriptor + channel)} of [{string.Join(", ", descriptor)}]; three numbers are needed, the last of them 8 or 16.");
        }

        // The number of entries is unsigned even where the element is signed; 0 stands for 65,536.
        int count = (int)descriptor[0] & 0xFFFF;
        count = count == 0 ? 65536 : count;
        int first = (int)descriptor[1];
        first = signed ? (short)first : first & 0xFFFF;
        var bytes = elements.GetBytes(DicomTags.RedPaletteData + channel).Span;
        bool words = bytes.Length >= 2 * count;
        if (!words && bytes.Length < count)
        {
            throw new DataException(file, $"declares {count} palette entries, but {DicomTags.Format(DicomTags.RedPaletteData + channel)} holds {bytes.Length} bytes.");
        }

        ushort[] entries = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = words ? (ushort)(bytes[2 * i] | (bytes[(2 * i) + 1] << 8)) : bytes[i];
        }

        return (entries, first, words ? 16 : 8);
    }
}
