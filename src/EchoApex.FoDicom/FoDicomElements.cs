using System.Buffers.Binary;
using System.Globalization;
using EchoApex.Core.Sources.Dicom;
using FellowOakDicom;

namespace EchoApex.FoDicom;

/// <summary>fo-dicom's elements as EchoApex asks for them. fo-dicom hands out values with their low byte first, whatever the file has.</summary>
internal sealed class FoDicomElements(DicomDataset dataset) : IDicomElements
{
    private delegate double Reader(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public bool Contains(uint tag) => dataset.GetDicomItem<DicomItem>(Tag(tag)) switch
    {
        DicomElement element => element.Length > 0,
        DicomSequence sequence => sequence.Items.Count > 0,
        DicomFragmentSequence fragments => fragments.Fragments.Count > 0,
        _ => false,
    };

    /// <inheritdoc/>
    public string? GetString(uint tag)
    {
        // Only texts: fo-dicom would make a sentence of anything.
        if (dataset.GetDicomItem<DicomStringElement>(Tag(tag)) is null || !dataset.TryGetString(Tag(tag), out string text))
        {
            return null;
        }

        text = text.Trim('\0', ' ', '\t', '\r', '\n');
        return text.Length == 0 ? null : string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> GetNumbers(uint tag)
    {
        if (dataset.GetDicomItem<DicomElement>(Tag(tag)) is not { Length: > 0 } element)
        {
            return [];
        }

        byte[] bytes = element.Buffer.Data;
        return element.ValueRepresentation.Code switch
        {
            "US" or "OW" => Decode(bytes, 2, b => BinaryPrimitives.ReadUInt16LittleEndian(b)),
            "SS" => Decode(bytes, 2, b => BinaryPrimitives.ReadInt16LittleEndian(b)),
            "UL" or "OL" => Decode(bytes, 4, b => BinaryPrimitives.ReadUInt32LittleEndian(b)),
            "SL" => Decode(bytes, 4, b => BinaryPrimitives.ReadInt32LittleEndian(b)),
            "FL" or "OF" => Decode(bytes, 4, b => BinaryPrimitives.ReadSingleLittleEndian(b)),
            "FD" or "OD" => Decode(bytes, 8, b => BinaryPrimitives.ReadDoubleLittleEndian(b)),
            "UV" or "OV" => Decode(bytes, 8, b => BinaryPrimitives.ReadUInt64LittleEndian(b)),
            _ => Parse(GetString(tag)),
        };
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetBytes(uint tag) => dataset.GetDicomItem<DicomElement>(Tag(tag))?.Buffer.Data ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<IDicomElements> GetItems(uint tag) =>
        dataset.GetDicomItem<DicomSequence>(Tag(tag)) is { } sequence ? [.. sequence.Items.Select(item => new FoDicomElements(item))] : [];

    private static DicomTag Tag(uint tag) => new((ushort)(tag >> 16), (ushort)tag);

    private static double[] Decode(ReadOnlySpan<byte> bytes, int size, Reader reader)
    {
        double[] numbers = new double[bytes.Length / size];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader(bytes.Slice(i * size, size));
        }

        return numbers;
    }

    private static double[] Parse(string? text)
    {
        double[] numbers = [.. (text ?? string.Empty).Split('\\').Select(part => double.TryParse(part.Trim('\0', ' '), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN)];
        return numbers.All(double.IsFinite) ? numbers : [];
    }
}
