using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Walks the elements of a data set (DICOM PS3.5 section 7) without reading their values. Tolerant where real files err:
/// a sequence delimiter also closes an open item, stray delimiters are passed over, a sequence may end without delimiter,
/// a data set that should carry value representations but does not is read without and the other way round, and a single
/// element without one among others is read by itself. The pixel data may be cut short: what is left of it is noted.
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

    /// <summary>Reads the items of a sequence, which inherit the character set of the data set around them.</summary>
    public static List<DicomDataset> ReadItems(DicomCursor cursor, bool explicitVr, DicomCharacterSet characterSet)
    {
        List<DicomDataset> items = [];
        ReadItems(cursor, explicitVr, items, depth: 1, characterSet);
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

            if (first)
            {
                explicitVr = DicomElementHeader.CarriesValueRepresentation(cursor, explicitVr);
            }

            first = false;
            if (tag == DicomTags.PixelData && depth == 0)
            {
                ReadPixelData(cursor, explicitVr, into);
                break;
            }

            ReadElement(cursor, tag, explicitVr, into, depth);
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

    // Only its beginning is read: fragments are for the codec to find.
    private static void ReadPixelData(DicomCursor cursor, bool explicitVr, DicomDataset? into)
    {
        var (representation, length) = DicomElementHeader.Read(cursor, DicomTags.PixelData, explicitVr);
        long start = cursor.Position;
        long available = cursor.End - start;
        bool encapsulated = length == Undefined;
        long kept = encapsulated ? available : Math.Min(length, available);
        into?.AddPixelData(new DicomElement(representation, start, kept, explicitVr), encapsulated, !encapsulated && kept < length);
        cursor.MoveTo(start + kept);
    }

    private static void ReadElement(DicomCursor cursor, uint tag, bool explicitVr, DicomDataset? into, int depth)
    {
        var (representation, length) = DicomElementHeader.Read(cursor, tag, explicitVr);
        long start = cursor.Position;
        bool explicitItems = explicitVr && representation is not (null or "UN");
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

        into?.Add(tag, new DicomElement(representation, start, cursor.Position - start, explicitItems));
    }

    private static void ReadItems(DicomCursor cursor, bool explicitVr, List<DicomDataset>? into, int depth, DicomCharacterSet? characterSet = null)
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

            var item = into is null ? null : new DicomDataset(cursor.Source, cursor.BigEndian, characterSet);
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
