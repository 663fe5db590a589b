using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom.Codecs;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Turns decoded samples into gray or red-green-blue bytes.</summary>
internal sealed class PixelConverter
{
    private readonly PixelDescription _description;
    private readonly Kind _kind;

    // Indexed by the raw word; one table a channel.
    private readonly byte[][] _tables;

    private PixelConverter(PixelDescription description, Kind kind, int channels, byte[][] tables) =>
        (_description, _kind, Channels, _tables) = (description, kind, channels, tables);

    private enum Kind
    {
        Copy,
        Ybr,
        Table,
        DeepColor,
        DeepYbr,
    }

    /// <summary>1 or 3.</summary>
    public int Channels { get; }

    /// <summary>Whether samples are the result already.</summary>
    public bool IsIdentity => _kind == Kind.Copy;

    /// <summary>Makes the converter of a file.</summary>
    /// <param name="description">The pixel module.</param>
    /// <param name="decodedPhotometric">What the codec delivers.</param>
    /// <param name="elements">Holds palette, rescale and window.</param>
    /// <param name="file">For messages.</param>
    public static PixelConverter Create(PixelDescription description, string decodedPhotometric, IDicomElements elements, string file)
    {
        switch (decodedPhotometric, description.Samples, description.BitsAllocated)
        {
            case ("MONOCHROME1" or "MONOCHROME2", 1, _):
                byte[] gray = ByRawWord(description, GrayMapping.Create(description, elements));
                bool identity = description.BitsAllocated == 8 && gray.Select((value, index) => value == index).All(same => same);
                return new PixelConverter(description, identity ? Kind.Copy : Kind.Table, 1, [gray]);
            case ("PALETTE COLOR", 1, _):
                int least = description.Signed ? -(1 << (description.BitsStored - 1)) : 0;
                var palette = PaletteLookup.ReadAll(elements, description.Signed, file);
                return new PixelConverter(description, Kind.Table, 3, [.. palette.Select(channel =>
                    ByRawWord(description, [.. Enumerable.Range(0, 1 << description.BitsStored).Select(index => channel[index + least])]))]);
            case ("RGB", 3, 8):
                return new PixelConverter(description, Kind.Copy, 3, []);
            case ("RGB", 3, 16):
                return new PixelConverter(description, Kind.DeepColor, 3, []);
            case ("YBR_FULL", 3, 16):
                return new PixelConverter(description, Kind.DeepYbr, 3, []);
            case ("YBR_FULL", 3, 8):
                return new PixelConverter(description, Kind.Ybr, 3, []);
            default:
                throw new DataException(file, $"has photometric interpretation {description.Photometric} with {description.Samples} samples of {description.BitsAllocated} bits, which EchoApex does not convert. Convert the file to RGB first, for instance with 'dcmdjpeg' of DCMTK.");
        }
    }

    /// <summary>Converts one frame.</summary>
    /// <param name="samples">rows x columns x samples, as codecs deliver them.</param>
    /// <param name="destination">Receives rows x columns x channels bytes.</param>
    public void Convert(ReadOnlySpan<byte> samples, Span<byte> destination)
    {
        var target = destination[..(_description.Pixels * Channels)];
        switch (_kind)
        {
            case Kind.Copy:
                samples[..target.Length].CopyTo(target);
                break;
            case Kind.Ybr:
                samples[..target.Length].CopyTo(target);
                YbrColor.FullToRgb(target);
                break;
            case Kind.DeepColor:
                TakeHighBits(samples, target);
                break;
            case Kind.DeepYbr:
                TakeHighBits(samples, target);
                YbrColor.FullToRgb(target);
                break;
            default:
                LookUp(samples, target);
                break;
        }
    }

    // The highest eight stored bits; what a file keeps in the bits above them falls away.
    private void TakeHighBits(ReadOnlySpan<byte> samples, Span<byte> target)
    {
        int shift = Math.Max(0, _description.HighBit - 7);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)((samples[2 * i] | (samples[(2 * i) + 1] << 8)) >> shift);
        }
    }

    private void LookUp(ReadOnlySpan<byte> samples, Span<byte> target)
    {
        bool wide = _description.BitsAllocated == 16;
        for (int channel = 0; channel < Channels; channel++)
        {
            byte[] table = _tables[channel];
            for (int pixel = 0, to = channel; to < target.Length; pixel++, to += Channels)
            {
                int word = wide ? samples[2 * pixel] | (samples[(2 * pixel) + 1] << 8) : samples[pixel];
                target[to] = table[word];
            }
        }
    }

    // From a table over values, lowest first, to one over the words as they lie in the file.
    private static byte[] ByRawWord(PixelDescription description, byte[] byValue)
    {
        int unused = description.HighBit + 1 - description.BitsStored;
        int count = 1 << description.BitsStored;
        byte[] table = new byte[1 << description.BitsAllocated];
        for (int word = 0; word < table.Length; word++)
        {
            int stored = (word >> unused) & (count - 1);
            table[word] = byValue[description.Signed ? (stored + (count / 2)) & (count - 1) : stored];
        }

        return table;
    }
}
