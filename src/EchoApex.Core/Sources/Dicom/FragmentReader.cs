using System.Buffers.Binary;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Walks the items of encapsulated pixel data (DICOM PS3.5 A.4) by their headers of eight bytes.</summary>
internal static class FragmentReader
{
    /// <summary>Reads the basic offset table and where the fragments lie.</summary>
    /// <param name="source">Holds the pixel data.</param>
    /// <param name="pixelData">The element, from its offset table to the end of the file.</param>
    /// <exception cref="DataException">Something else than a fragment lies between them.</exception>
    public static Fragments Read(ByteSource source, DicomElement pixelData)
    {
        long position = pixelData.Offset;
        long end = pixelData.Offset + pixelData.Length;
        List<Fragment> fragments = [];
        long[]? table = null;
        while (position + 8 <= end)
        {
            var (tag, length) = ReadHeader(source, position);
            if (tag == DicomTags.SequenceDelimitation)
            {
                return new Fragments(table ?? [], fragments, null);
            }

            if (tag != DicomTags.Item)
            {
                throw new DataException(source.Name, $"has {DicomTags.Format(tag)} among the fragments of {DicomTags.Format(DicomTags.PixelData)} at offset {position}; the file is damaged.");
            }

            position += 8;
            if (length > end - position)
            {
                return new Fragments(table ?? [], fragments, position);
            }

            if (table is null)
            {
                table = ReadTable(source, position, length);
            }
            else if (length > int.MaxValue)
            {
                throw new DataException(source.Name, "has an encoded frame of more than 2 GiB.");
            }
            else
            {
                fragments.Add(new Fragment(position, (int)length));
            }

            position += length;
        }

        // The last fragment may end with the file; a piece of a header there says that the file was longer.
        return new Fragments(table ?? [], fragments, position == end ? null : position + 8);
    }

    private static (uint Tag, uint Length) ReadHeader(ByteSource source, long position)
    {
        Span<byte> header = stackalloc byte[8];
        source.Read(position, header);
        uint tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(header) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
        return (tag, BinaryPrimitives.ReadUInt32LittleEndian(header[4..]));
    }

    private static long[] ReadTable(ByteSource source, long position, uint length)
    {
        byte[] bytes = new byte[length - (length % 4)];
        source.Read(position, bytes);
        long[] table = new long[bytes.Length / 4];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 * i));
        }

        return table;
    }
}

/// <summary>The items of encapsulated pixel data.</summary>
/// <param name="Table">The basic offset table; empty when there is none.</param>
/// <param name="Whole">The fragments that lie within the file.</param>
/// <param name="CutAt">First byte of the fragment in which the file ends; null when it is whole.</param>
internal sealed record Fragments(long[] Table, List<Fragment> Whole, long? CutAt);

/// <summary>A fragment's bytes.</summary>
internal readonly record struct Fragment(long Offset, int Length);
