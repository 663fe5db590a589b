using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Walks the elements of a data set (DICOM PS3.5 section 7) without reading their values. Tolerant where real files err:
/// a sequence delimiter also closes an open item, stray delimiters are passed over, a sequence may end without delimiter,
/// and a data set that should carry value representations but does not is read without.
/// </summary>
internal static class DicomParser
{
    private const uint Undefined = 0xFFFF_FFFF;
    private const int DeepestNesting = 32;

    private enum Closing
    {
        EndOfRange,
        Item,
        Sequence,
    }

    /// <summary>Reads the elements of a whole data set up to and with its pixel data.</summary>
    public static DicomDataset ReadDataset(DicomCursor cursor, bool explicitVr)
    {
        var dataset = new DicomDataset(cursor.Source, cursor.BigEndian);
        ReadElements(cursor, explicitVr, dataset, depth: 0, undefinedLength: false);
        return dataset;
    }

    /// <summary>Reads the items of a sequence.</summary>
    public static List<DicomDataset> ReadItems(DicomCursor cursor, bool explicitVr)
    {
        List<DicomDataset> items = [];
        ReadItems(cursor, explicitVr, items, depth: 1);
        return items;
    }

    private static Closing ReadElements(DicomCursor cursor, bool explicitVr, DicomDataset? into, int depth, bool undefinedLength)
    {
        if (depth > DeepestNesting)
        {
            throw new DataException(cursor.Source.Name, $"nests sequences more than {DeepestNesting} deep at offset {cursor.Position}; the file is damaged.");
        }

        bool first = true;
        while (!cursor.AtEnd)
        {
            uint tag = cursor.ReadTag();
            if (tag >> 16 == 0xFFFE)
            {
                if (CloseOrPass(cursor, tag, undefinedLength) is { } closing)
                {
                    return closing;
                }

                continue;
            }

            if (first && explicitVr)
            {
                explicitVr = CarriesValueRepresentation(cursor);
            }

            first = false;
            ReadElement(cursor, tag, explicitVr, into, depth);
            if (tag == DicomTags.PixelData && depth == 0)
            {
                break;
            }
        }

        return Closing.EndOfRange;
    }

    // Delimiters have no value representation. One that closes nothing is passed over.
    private static Closing? CloseOrPass(DicomCursor cursor, uint tag, bool undefinedLength)
    {
        cursor.ReadUInt32();
        return tag switch
        {
            DicomTags.ItemDelimitation when undefinedLength => Closing.Item,
            DicomTags.SequenceDelimitation when undefinedLength => Closing.Sequence,
            DicomTags.ItemDelimitation or DicomTags.SequenceDelimitation => null,
            _ => throw new DataException(cursor.Source.Name, $"has {DicomTags.Format(tag)} outside a sequence before offset {cursor.Position}; the file is damaged."),
        };
    }

    private static bool CarriesValueRepresentation(DicomCursor cursor)
    {
        long position = cursor.Position;
        string letters = cursor.ReadLetters();
        cursor.MoveTo(position);
        return letters is [>= 'A' and <= 'Z', >= 'A' and <= 'Z'];
    }

    private static void ReadElement(DicomCursor cursor, uint tag, bool explicitVr, DicomDataset? into, int depth)
    {
        string? representation = null;
        uint length;
        if (explicitVr)
        {
            representation = cursor.ReadLetters();
            length = ReadExplicitLength(cursor, tag, representation);
        }
        else
        {
            length = cursor.ReadUInt32();
        }

        long start = cursor.Position;
        bool explicitItems = explicitVr && representation != "UN";
        if (length != Undefined)
        {
            if (length > cursor.End - start)
            {
                throw new DataException(cursor.Source.Name, $"has {DicomTags.Format(tag)} with {length} bytes at offset {start}, but only {cursor.End - start} follow; the file is cut short or damaged.");
            }

            cursor.MoveTo(start + length);
        }
        else if (tag == DicomTags.PixelData || representation is "OB" or "OW")
        {
            SkipFragments(cursor, tag);
        }
        else
        {
            ReadItems(cursor, explicitItems, into: null, depth + 1);
        }

        into?.Add(tag, new DicomElement(representation, start, cursor.Position - start, explicitItems), length == Undefined);
    }

    private static uint ReadExplicitLength(DicomCursor cursor, uint tag, string representation)
    {
        switch (representation)
        {
            case "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "SQ" or "SV" or "UC" or "UN" or "UR" or "UT" or "UV":
                cursor.ReadUInt16();
                return cursor.ReadUInt32();
            case [>= 'A' and <= 'Z', >= 'A' and <= 'Z']:
                return cursor.ReadUInt16();
            default:
                throw new DataException(cursor.Source.Name, $"has {DicomTags.Format(tag)} without a value representation before offset {cursor.Position}; the file is damaged.");
        }
    }

    private static void ReadItems(DicomCursor cursor, bool explicitVr, List<DicomDataset>? into, int depth)
    {
        while (!cursor.AtEnd)
        {
            long start = cursor.Position;
            uint tag = cursor.ReadTag();
            if (tag >> 16 != 0xFFFE)
            {
                cursor.MoveTo(start);
                return;
            }

            uint length = cursor.ReadUInt32();
            if (tag == DicomTags.SequenceDelimitation)
            {
                return;
            }

            if (tag != DicomTags.Item)
            {
                continue;
            }

            var item = into is null ? null : new DicomDataset(cursor.Source, cursor.BigEndian);
            if (item is not null)
            {
                into!.Add(item);
            }

            if (length == Undefined)
            {
                if (ReadElements(cursor, explicitVr, item, depth, undefinedLength: true) == Closing.Sequence)
                {
                    return;
                }
            }
            else
            {
                ReadDefinedItem(cursor, length, explicitVr, item, depth);
            }
        }
    }

    private static void ReadDefinedItem(DicomCursor cursor, uint length, bool explicitVr, DicomDataset? item, int depth)
    {
        long end = cursor.Position + length;
        if (end > cursor.End)
        {
            throw new DataException(cursor.Source.Name, $"has a sequence item of {length} bytes at offset {cursor.Position}, but only {cursor.End - cursor.Position} follow; the file is cut short or damaged.");
        }

        if (item is not null)
        {
            ReadElements(new DicomCursor(cursor.Source, cursor.Position, end, cursor.BigEndian), explicitVr, item, depth, undefinedLength: false);
        }

        cursor.MoveTo(end);
    }

    private static void SkipFragments(DicomCursor cursor, uint owner)
    {
        while (!cursor.AtEnd)
        {
            uint tag = cursor.ReadTag();
            uint length = cursor.ReadUInt32();
            if (tag == DicomTags.SequenceDelimitation)
            {
                return;
            }

            if (tag != DicomTags.Item || length > cursor.End - cursor.Position)
            {
                throw new DataException(cursor.Source.Name, tag == DicomTags.Item
                    ? $"has a fragment of {length} bytes at offset {cursor.Position} in {DicomTags.Format(owner)}, but only {cursor.End - cursor.Position} follow; the file is cut short or damaged."
                    : $"has {DicomTags.Format(tag)} among the fragments of {DicomTags.Format(owner)} before offset {cursor.Position}; the file is damaged.");
            }

            cursor.MoveTo(cursor.Position + length);
        }
    }
}
