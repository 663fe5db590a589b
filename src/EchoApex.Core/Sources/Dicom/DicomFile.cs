using System.Buffers.Binary;
using System.IO.Compression;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>A DICOM file's headers (PS3.10): its transfer syntax, its elements, and where its bytes are.</summary>
/// <param name="Source">The bytes that element offsets refer to: the file, or its inflated data set.</param>
/// <param name="Syntax">How the data set is encoded.</param>
/// <param name="Dataset">Its elements.</param>
internal sealed record DicomFile(ByteSource Source, TransferSyntax Syntax, DicomDataset Dataset)
{
    private const int Preamble = 128;
    private const long LongestInflated = 1L << 30;

    /// <summary>Whether the first bytes of a file are those of a DICOM file, with or without preamble and file meta information.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) => FindStart(head) >= 0;

    /// <summary>Reads the headers of a file.</summary>
    public static DicomFile Open(ByteSource source)
    {
        string path = source.Name;
        byte[] head = new byte[Math.Min(source.Length, Preamble + 16)];
        source.Read(0, head);
        int start = FindStart(head);
        if (start < 0)
        {
            throw new DataException(path, "is not a DICOM file: it has neither the letters DICM at byte 128 nor a data set at its start.");
        }

        var cursor = new DicomCursor(source, start, source.Length, bigEndian: false);
        return ReadMeta(cursor) is { } uid ? OpenAs(cursor, path, uid) : OpenBare(cursor);
    }

    private static DicomFile OpenAs(DicomCursor cursor, string path, string uid)
    {
        var syntax = TransferSyntax.Find(uid)
            ?? throw new DataException(path, $"has the transfer syntax {uid}, which EchoApex does not know. Convert it to Explicit VR Little Endian first, for instance with 'gdcmconv --raw in.dcm out.dcm' of GDCM.");
        if (syntax.Deflated)
        {
            var inflated = Inflate(cursor);
            var inner = new DicomCursor(inflated, 0, inflated.Length, bigEndian: false);
            return new DicomFile(inflated, syntax, DicomParser.ReadDataset(inner, explicitVr: true));
        }

        var body = new DicomCursor(cursor.Source, cursor.Position, cursor.End, syntax.BigEndian);
        return new DicomFile(cursor.Source, syntax, DicomParser.ReadDataset(body, syntax.ExplicitVr));
    }

    // Without file meta information the first element shows what the data set is: group 8 has its bytes swapped in big endian, which is
    // explicit always; in little endian letters stand behind the tag, or do not.
    private static DicomFile OpenBare(DicomCursor cursor)
    {
        long start = cursor.Position;
        byte[] head = new byte[Math.Min(8, cursor.End - start)];
        cursor.Source.Read(start, head);
        if (IsBigEndianElement(head))
        {
            var body = new DicomCursor(cursor.Source, start, cursor.End, bigEndian: true);
            return new DicomFile(cursor.Source, TransferSyntax.ExplicitBigEndian, DicomParser.ReadDataset(body, explicitVr: true));
        }

        cursor.ReadTag();
        bool explicitVr = cursor.ReadLetters() is [>= 'A' and <= 'Z', >= 'A' and <= 'Z'];
        cursor.MoveTo(start);
        var syntax = explicitVr ? TransferSyntax.ExplicitLittleEndian : TransferSyntax.ImplicitLittleEndian;
        return new DicomFile(cursor.Source, syntax, DicomParser.ReadDataset(cursor, explicitVr));
    }

    // Group 2, always explicit little endian. Its declared length is not trusted: it ends where another group begins.
    private static string? ReadMeta(DicomCursor cursor)
    {
        string? syntax = null;
        while (!cursor.AtEnd)
        {
            long start = cursor.Position;
            uint tag = cursor.ReadTag();
            if (tag >> 16 != 0x0002)
            {
                cursor.MoveTo(start);
                break;
            }

            var (_, length) = DicomElementHeader.Read(cursor, tag, explicitVr: true);
            if (tag == DicomTags.TransferSyntaxUid)
            {
                byte[] text = new byte[Math.Min(length, 128)];
                cursor.Source.Read(cursor.Position, text);
                string uid = System.Text.Encoding.ASCII.GetString(text).Trim('\0', ' ');
                syntax = string.Concat(uid.Select(c => char.IsAsciiDigit(c) || c == '.' ? c : '?'));
            }

            cursor.MoveTo(cursor.Position + length);
        }

        return syntax;
    }

    private static MemoryByteSource Inflate(DicomCursor cursor)
    {
        byte[] compressed = new byte[Math.Min(cursor.End - cursor.Position, Array.MaxLength)];
        cursor.Source.Read(cursor.Position, compressed);
        using var inflater = new DeflateStream(new MemoryStream(compressed), CompressionMode.Decompress);
        var inflated = new MemoryStream();
        byte[] block = new byte[1 << 16];
        try
        {
            int count;
            while ((count = inflater.Read(block)) > 0)
            {
                inflated.Write(block, 0, count);
                if (inflated.Length > LongestInflated)
                {
                    throw new DataException(cursor.Source.Name, $"inflates to more than {LongestInflated} bytes.");
                }
            }
        }
        catch (InvalidDataException error)
        {
            throw new DataException(cursor.Source.Name, $"cannot be inflated: {error.Message}", innerException: error);
        }

        return new MemoryByteSource(cursor.Source.Name, inflated.GetBuffer().AsMemory(0, (int)inflated.Length));
    }

    private static int FindStart(ReadOnlySpan<byte> head)
    {
        if (head.Length >= Preamble + 4 && head.Slice(Preamble, 4).SequenceEqual("DICM"u8))
        {
            return Preamble + 4;
        }

        if (head.StartsWith("DICM"u8))
        {
            return 4;
        }

        return LooksLikeElement(head) ? 0 : -1;
    }

    // Without preamble: the first element of group 2 (explicit), or of group 8 (explicit or implicit, or explicit in big endian).
    private static bool LooksLikeElement(ReadOnlySpan<byte> head)
    {
        if (head.Length < 8 || IsBigEndianElement(head))
        {
            return head.Length >= 8;
        }

        int group = BinaryPrimitives.ReadUInt16LittleEndian(head);
        int element = BinaryPrimitives.ReadUInt16LittleEndian(head[2..]);
        bool isExplicit = head[4..6] is [>= (byte)'A' and <= (byte)'Z', >= (byte)'A' and <= (byte)'Z'];
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        return (group, element) switch
        {
            (0x0002, <= 0x0002) => isExplicit,
            (0x0008, 0x0000 or 0x0001 or 0x0005 or 0x0008 or 0x0012 or 0x0014 or 0x0016 or 0x0018) => isExplicit || length is > 0 and <= 256,
            _ => false,
        };
    }

    private static bool IsBigEndianElement(ReadOnlySpan<byte> head) => head is [0, 8, 0, _, >= (byte)'A' and <= (byte)'Z', >= (byte)'A' and <= (byte)'Z', ..];
}
