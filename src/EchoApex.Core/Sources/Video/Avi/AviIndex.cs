using System.Buffers.Binary;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>Reads the index of an AVI file, of the OpenDML kind (indx and ix00) or the old one (idx1), and checks each of its entries.</summary>
internal static class AviIndex
{
    private const int OldEntry = 16;
    private const int NewEntry = 8;
    private const int SuperEntry = 16;
    private const int IndexHead = 24;
    // 2 to the 28 bytes: entries for 16 million frames or more.
    private const uint LongestIndex = 1 << 28;

    private const byte IndexOfIndexes = 0;
    private const byte IndexOfChunks = 1;

    /// <summary>The frames by the index; null when there is none, or an entry of it is no chunk of the stream.</summary>
    public static IReadOnlyList<AviChunk>? Read(ByteSource source, AviHeader header) =>
        ReadNew(source, header) ?? ReadOld(source, header);

    private static List<AviChunk>? ReadNew(ByteSource source, AviHeader header)
    {
        ReadOnlySpan<byte> super = header.SuperIndex;
        if (super.Length < IndexHead || super[3] != IndexOfIndexes)
        {
            return super.Length >= IndexHead && super[3] == IndexOfChunks && AddChunks(source, header, super, [], out var direct) ? direct : null;
        }

        // The parts of the index lie beside one another: together they are no longer than the file.
        long unread = source.Length;
        List<AviChunk> chunks = [];
        int count = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(super[4..]), (uint)((super.Length - IndexHead) / SuperEntry));
        for (int i = 0; i < count; i++)
        {
            var entry = super.Slice(IndexHead + (i * SuperEntry), SuperEntry);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(entry);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            unread -= size;
            if (offset < 0 || size is < 8 + IndexHead or > LongestIndex || size > source.Length - offset || unread < 0)
            {
                return null;
            }

            byte[] index = new byte[size - 8];
            source.Read(offset + 8, index);
            if (index[3] != IndexOfChunks || !AddChunks(source, header, index, chunks, out chunks))
            {
                return null;
            }
        }

        return chunks.Count > 0 ? chunks : null;
    }

    private static bool AddChunks(ByteSource source, AviHeader header, ReadOnlySpan<byte> index, List<AviChunk> before, out List<AviChunk> chunks)
    {
        chunks = before;
        long start = BinaryPrimitives.ReadInt64LittleEndian(index[12..]);
        int count = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(index[4..]), (uint)((index.Length - IndexHead) / NewEntry));
        for (int i = 0; i < count; i++)
        {
            var entry = index.Slice(IndexHead + (i * NewEntry), NewEntry);

            // The top bit of the size marks frames that need others. Offsets are those of the data, behind the chunk's head.
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) & 0x7FFF_FFFF;
            long offset = start + BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (!IsChunk(source, header, offset, size) || IsTooMany(source, chunks))
            {
                return false;
            }

            chunks.Add(new AviChunk(offset, (int)size));
        }

        return true;
    }

    // Offsets count from the characters "movi", or, by another reading of the specification, from the start of the file.
    private static List<AviChunk>? ReadOld(ByteSource source, AviHeader header)
    {
        // It knows the first part of a file alone.
        if (header.OldIndex is not { Length: >= OldEntry and <= LongestIndex } place || header.Movies.Count > 1)
        {
            return null;
        }

        byte[] index = new byte[place.Length - (place.Length % OldEntry)];
        source.Read(place.Start, index);
        return ReadOld(source, header, index, header.Movies[0].Start) ?? ReadOld(source, header, index, 0);
    }

    private static List<AviChunk>? ReadOld(ByteSource source, AviHeader header, ReadOnlySpan<byte> index, long start)
    {
        List<AviChunk> chunks = [];
        for (int i = 0; i < index.Length; i += OldEntry)
        {
            var entry = index.Slice(i, OldEntry);
            if (!header.IsFrame(System.Text.Encoding.Latin1.GetString(entry[..4])))
            {
                continue;
            }

            long offset = start + BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) + 8;
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);

            // An empty entry need not have a chunk of its own.
            if (size > 0 && !IsChunk(source, header, offset, size))
            {
                return null;
            }

            chunks.Add(new AviChunk(offset, (int)size));
        }

        return chunks.Count > 0 ? chunks : null;
    }

    private static bool IsChunk(ByteSource source, AviHeader header, long offset, uint size)
    {
        if (offset < 8 || offset > source.Length || size > source.Length - offset || size > int.MaxValue)
        {
            return false;
        }

        var (name, length) = AviFile.ReadHead(source, offset - 8);
        return length == size && header.IsFrame(name);
    }

    // Every chunk has a head of eight bytes: more entries than that come from an index that names itself over and over.
    private static bool IsTooMany(ByteSource source, List<AviChunk> chunks) => chunks.Count >= source.Length / 8;
}
