using System.Buffers.Binary;
using System.Text;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>A reader of explicit little endian data sets for tests alone, written from PS3.5, independent of the one in src.</summary>
internal sealed class DicomBytes
{
    private readonly byte[] _file;

    public DicomBytes(byte[] file)
    {
        _file = file;
        Assert.That(Encoding.ASCII.GetString(file, 128, 4), Is.EqualTo("DICM"));
        Read(132, file.Length, Elements, Order);
    }

    public Dictionary<uint, (string Vr, byte[] Value)> Elements { get; } = [];

    public List<uint> Order { get; } = [];

    /// <summary>Items of encapsulated pixel data, the offset table first.</summary>
    public List<byte[]> Fragments { get; } = [];

    public string Text(uint tag) => Encoding.UTF8.GetString(Elements[tag].Value).TrimEnd(' ', '\0');

    public int UInt16(uint tag) => BinaryPrimitives.ReadUInt16LittleEndian(Elements[tag].Value);

    /// <summary>The elements of the only item of a sequence.</summary>
    public Dictionary<uint, (string Vr, byte[] Value)> OnlyItem(uint tag)
    {
        byte[] value = Elements[tag].Value;
        Assert.That(Number(value, 0), Is.EqualTo(0xE000FFFE));
        Assert.That(Number(value, 4), Is.EqualTo(value.Length - 8), "the sequence holds one item");
        return new DicomBytes(value.AsSpan(8)).Elements;
    }

    private DicomBytes(ReadOnlySpan<byte> item)
    {
        _file = item.ToArray();
        Read(0, _file.Length, Elements, Order);
    }

    private void Read(int position, int end, Dictionary<uint, (string Vr, byte[] Value)> elements, List<uint> order)
    {
        while (position < end)
        {
            uint tag = Tag(position);
            string vr = Encoding.ASCII.GetString(_file, position + 4, 2);
            bool longForm = vr is "OB" or "OW" or "SQ" or "UN" or "UT";
            uint length = longForm ? Number(_file, position + 8) : BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(position + 6));
            position += longForm ? 12 : 8;
            order.Add(tag);
            if (length == uint.MaxValue)
            {
                elements[tag] = (vr, []);
                position = ReadFragments(position);
                continue;
            }

            Assert.That(length % 2, Is.Zero, $"{tag:X8} has an even length");
            elements[tag] = (vr, _file[position..(position + (int)length)]);
            position += (int)length;
        }

        Assert.That(position, Is.EqualTo(end), "the last element ends with the file");
    }

    private int ReadFragments(int position)
    {
        while (Tag(position) == 0xFFFEE000)
        {
            int length = (int)Number(_file, position + 4);
            Fragments.Add(_file[(position + 8)..(position + 8 + length)]);
            position += 8 + length;
        }

        Assert.That(Tag(position), Is.EqualTo(0xFFFEE0DD));
        return position + 8;
    }

    private uint Tag(int position) =>
        ((uint)BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(position)) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(position + 2));

    private static uint Number(byte[] bytes, int position) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position));
}
