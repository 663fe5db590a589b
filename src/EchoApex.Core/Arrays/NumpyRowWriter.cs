using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Arrays;

/// <summary>
/// Writes an .npy file row by row (along its first axis) when the number of rows is not known beforehand. The header is
/// written again by <see cref="Complete"/>; use it inside <see cref="Runtime.AtomicOutput.WriteFile"/>, so that a file that
/// was not completed never appears.
/// </summary>
/// <typeparam name="T">Element type: byte, int, long, float or double.</typeparam>
public sealed class NumpyRowWriter<T>
    where T : unmanaged
{
    private readonly Stream _stream;
    private readonly long[] _rowShape;
    private readonly long _rowLength;
    private readonly long _start;

    /// <summary>Starts a file.</summary>
    /// <param name="stream">A stream that can seek; it stays open.</param>
    /// <param name="rowShape">Sizes of a row: all sizes of the array but the first.</param>
    public NumpyRowWriter(Stream stream, IReadOnlyList<long> rowShape)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(rowShape);
        (_stream, _rowShape, _rowLength) = (stream, [.. rowShape], NumpyFile.Count(rowShape));
        WriteHeader(long.MaxValue);
        _start = stream.Position;
    }

    /// <summary>Rows written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Appends whole rows.</summary>
    /// <exception cref="ArgumentException">The number of values is no multiple of a row's.</exception>
    public void Append(ReadOnlySpan<T> values)
    {
        if (values.Length % _rowLength != 0)
        {
            throw new ArgumentException($"{values.Length} values are no whole number of rows of {_rowLength}.", nameof(values));
        }

        _stream.Write(MemoryMarshal.AsBytes(values));
        Count += values.Length / _rowLength;
    }

    /// <summary>Takes back all rows from a number on.</summary>
    /// <param name="count">Rows to keep, at most <see cref="Count"/>.</param>
    public void Truncate(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        long length = _start + (count * _rowLength * Unsafe.SizeOf<T>());
        _stream.SetLength(length);
        _stream.Position = length;
        Count = count;
    }

    /// <summary>Writes the true number of rows into the header.</summary>
    public void Complete()
    {
        long end = _stream.Position;
        _stream.Position = 0;
        WriteHeader(Count);
        _stream.Position = end;
    }

    // Both headers must take the same room; the second is padded to what the first took.
    private void WriteHeader(long rows)
    {
        using var header = new MemoryStream();
        NumpyFile.WriteHeader<T>(header, [rows, .. _rowShape]);
        byte[] bytes = header.ToArray();
        if (_start > 0 && bytes.Length < _start)
        {
            bytes = Pad(bytes, (int)_start);
        }

        _stream.Write(bytes);
    }

    private static byte[] Pad(byte[] header, int length)
    {
        // Magic (6), version (2), length of the text (2, little endian), the text with a line feed at its end.
        byte[] padded = new byte[length];
        padded.AsSpan().Fill((byte)' ');
        header.AsSpan(0, header.Length - 1).CopyTo(padded);
        padded[^1] = (byte)'\n';
        int text = length - 10;
        (padded[8], padded[9]) = ((byte)(text & 0xff), (byte)(text >> 8));
        return padded;
    }
}
