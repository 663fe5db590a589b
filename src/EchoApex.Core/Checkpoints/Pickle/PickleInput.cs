using System.Buffers.Binary;
using System.Text;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>The bytes of a pickle, read in order; a length is believed only when that many bytes are left.</summary>
internal sealed class PickleInput(Stream stream)
{
    private const int MaxLine = 1 << 16;
    private readonly byte[] _number = new byte[8];

    /// <summary>Position of the next byte, for messages.</summary>
    public long Position => stream.Position;

    /// <summary>Bytes left.</summary>
    public long Remaining => stream.Length - stream.Position;

    public byte ReadByte()
    {
        int value = stream.ReadByte();
        return value >= 0 ? (byte)value : throw new PickleException("ends too early");
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadNumber(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(ReadNumber(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadNumber(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadNumber(8));

    /// <summary>A float as pickles carry it: big endian.</summary>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleBigEndian(ReadNumber(8));

    public byte[] ReadBytes(ulong length)
    {
        if (length > (ulong)Math.Max(Math.Min(Remaining, Array.MaxLength), 0))
        {
            throw new PickleException($"declares {length} bytes where {Remaining} are left");
        }

        byte[] bytes = new byte[(int)length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public string ReadText(ulong length) => Encoding.UTF8.GetString(ReadBytes(length));

    /// <summary>A line of the text opcodes, without its end.</summary>
    public string ReadLine()
    {
        var line = new List<byte>();
        for (byte value = ReadByte(); value != '\n'; value = ReadByte())
        {
            if (line.Count == MaxLine)
            {
                throw new PickleException($"has a line of more than {MaxLine} bytes");
            }

            line.Add(value);
        }

        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }

    private ReadOnlySpan<byte> ReadNumber(int length)
    {
        if (Remaining < length)
        {
            throw new PickleException("ends too early");
        }

        stream.ReadExactly(_number.AsSpan(0, length));
        return _number.AsSpan(0, length);
    }
}
