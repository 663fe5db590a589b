using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Recognises how pixel data is encoded by the first bytes of its first fragment, for files whose transfer syntax says otherwise.</summary>
internal static class StreamSniffer
{
    private const int HeadLength = 4096;

    /// <summary>The transfer syntax of the stream; null when its bytes say nothing.</summary>
    public static TransferSyntax? Recognize(ByteSource source, DicomElement pixelData)
    {
        if (FragmentReader.Read(source, pixelData).Whole is not [var first, ..])
        {
            return null;
        }

        byte[] head = new byte[Math.Min(first.Length, HeadLength)];
        source.Read(first.Offset, head);
        string? uid = head switch
        {
            [0xFF, 0xD8, 0xFF, ..] => OfJpeg(head),
            [0xFF, 0x4F, 0xFF, 0x51, ..] or [0, 0, 0, 0x0C, (byte)'j', (byte)'P', ..] => "1.2.840.10008.1.2.4.91",
            { Length: > 64 } when IsRle(head) => "1.2.840.10008.1.2.5",
            _ => null,
        };
        return uid is null ? null : TransferSyntax.Find(uid);
    }

    // By the frame header (ITU-T T.81 table B.1, T.87 C.1.1).
    private static string? OfJpeg(ReadOnlySpan<byte> head)
    {
        int position = 2;
        while (position + 4 <= head.Length && head[position] == 0xFF)
        {
            switch (head[position + 1])
            {
                case 0xC0:
                    return "1.2.840.10008.1.2.4.50";
                case 0xC1:
                    return "1.2.840.10008.1.2.4.51";
                case 0xC2:
                    return "1.2.840.10008.1.2.4.55";
                case 0xC3:
                    return "1.2.840.10008.1.2.4.57";
                case 0xF7:
                    return "1.2.840.10008.1.2.4.81";
            }

            position += 2 + BinaryPrimitives.ReadUInt16BigEndian(head[(position + 2)..]);
        }

        return null;
    }

    // A number of segments of which the first follows the header of 64 bytes.
    private static bool IsRle(ReadOnlySpan<byte> head) =>
        BinaryPrimitives.ReadUInt32LittleEndian(head) is >= 1 and <= 15 && BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) == 64;
}
