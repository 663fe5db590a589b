using System.Buffers.Binary;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>A position in a byte source, with the numbers of element headers read through a small buffer.</summary>
internal sealed class DicomCursor(ByteSource source, long position, long end, bool bigEndian)
{
    private readonly byte[] _buffer = new byte[4096];
    private long _bufferStart;
    private int _bufferCount;

    public ByteSource Source => source;

    public long Position { get; private set; } = position;

    public long End { get; } = end;

    public bool BigEndian { get; } = bigEndian;

    public bool AtEnd => Position >= End;

    public ushort ReadUInt16() => BigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(Take(2))
        : BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint ReadUInt32() => BigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(Take(4))
        : BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>The two letters of a value representation.</summary>
    public string ReadLetters()
    {
        var letters = Take(2);
        return string.Create(2, (letters[0], letters[1]), static (text, pair) => (text[0], text[1]) = ((char)pair.Item1, (char)pair.Item2));
    }

    public uint ReadTag() => ((uint)ReadUInt16() << 16) | ReadUInt16();

    /// <summary>Goes to a position; at most the end.</summary>
    public void MoveTo(long target)
    {
        if (target < 0 || target > End)
        {
            throw new DataException(source.Name, $"ends at offset {End}, but its headers point to offset {target}; the file is cut short or damaged.");
        }

        Position = target;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (Position > End - count)
        {
            throw new DataException(source.Name, $"ends in the middle of an element header at offset {Position}; the file is cut short or damaged.");
        }

        if (Position < _bufferStart || Position + count > _bufferStart + _bufferCount)
        {
            _bufferStart = Position;
            _bufferCount = (int)Math.Min(_buffer.Length, End - Position);
            source.Read(_bufferStart, _buffer.AsSpan(0, _bufferCount));
        }

        var taken = _buffer.AsSpan((int)(Position - _bufferStart), count);
        Position += count;
        return taken;
    }
}
