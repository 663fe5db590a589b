using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Reads what stands between an element's tag and its value: value representation and length (DICOM PS3.5 section 7.1).</summary>
internal static class DicomElementHeader
{
    private const uint Undefined = 0xFFFF_FFFF;

    // Longest first element (group length, character set, image type, SOP class) that is taken for an explicit one in implicit data.
    private const int LongestFirst = 256;

    /// <summary>Reads representation and length; the representation is null where the element carries none.</summary>
    public static (string? Representation, uint Length) Read(DicomCursor cursor, uint tag, bool explicitVr)
    {
        if (!explicitVr)
        {
            return (null, cursor.ReadUInt32());
        }

        long start = cursor.Position;
        string representation = cursor.ReadLetters();
        switch (representation)
        {
            case "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "SQ" or "SV" or "UC" or "UN" or "UR" or "UT" or "UV":
                cursor.ReadUInt16();
                return (representation, cursor.ReadUInt32());
            case [>= 'A' and <= 'Z', >= 'A' and <= 'Z'] or "??" or "--" or "  ":
                return (representation, cursor.ReadUInt16());
        }

        // Some writers put elements without representation among others that have one.
        cursor.MoveTo(start);
        uint length = cursor.ReadUInt32();
        return length == Undefined || length <= cursor.End - cursor.Position
            ? (null, length)
            : throw new DataException(cursor.Source.Name, $"has {DicomTags.Format(tag)} without a value representation before offset {cursor.Position}; the file is damaged.");
    }

    /// <summary>Whether the data set whose first tag has just been read carries value representations.</summary>
    /// <param name="cursor">Behind the tag, where it stays.</param>
    /// <param name="expected">What the transfer syntax says; real files contradict it.</param>
    public static bool CarriesValueRepresentation(DicomCursor cursor, bool expected)
    {
        long start = cursor.Position;
        if (cursor.End - start < 4)
        {
            return expected;
        }

        string letters = cursor.ReadLetters();
        int following = cursor.ReadUInt16();
        cursor.MoveTo(start);
        bool isPair = letters is [>= 'A' and <= 'Z', >= 'A' and <= 'Z'];
        return expected ? isPair || letters is "??" or "--" or "  "
            : letters is "AE" or "AS" or "AT" or "CS" or "DA" or "DS" or "DT" or "IS" or "LO" or "LT" or "PN" or "SH" or "ST" or "TM" or "UI" or "UL" or "US"
                && following <= LongestFirst;
    }
}
