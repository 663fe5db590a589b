using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Arrays;

/// <summary>Reads an .npy file row by row (along its first axis), so that it need not fit into memory.</summary>
/// <typeparam name="T">Element type: byte, int, long, float or double.</typeparam>
public sealed class NumpyRowReader<T> : IDisposable
    where T : unmanaged
{
    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <exception cref="DataException">The file is no .npy file, is cut short, is a scalar, or has another element type or Fortran order.</exception>
    public NumpyRowReader(string path)
    {
        (_path, _stream) = (path, NumpyFile.OpenRead(path));
        try
        {
            (string descriptor, Shape) = NumpyFile.ReadHeader(path, _stream);
            string expected = NumpyFile.Descriptor<T>();
            if (descriptor != expected)
            {
                throw new DataException(path, $"holds elements of type '{descriptor}', expected '{expected}' ({typeof(T).Name}). Save the array with that type, for instance numpy's a.astype('{expected}').");
            }

            long available = _stream.Length - _stream.Position;
            if (Shape.Count == 0 || NumpyFile.Count(Shape) > available / Unsafe.SizeOf<T>())
            {
                throw new DataException(path, $"declares shape [{string.Join(", ", Shape)}], but holds {available} bytes.");
            }
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Sizes, outermost first; at least one.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Elements of one row: the product of all sizes but the first.</summary>
    public long RowLength => NumpyFile.Count([.. Shape.Skip(1)]);

    /// <summary>Reads the next rows.</summary>
    /// <param name="destination">Room for a whole number of rows that are still to come.</param>
    /// <exception cref="DataException">The file ended early.</exception>
    public void Read(Span<T> destination)
    {
        try
        {
            _stream.ReadExactly(MemoryMarshal.AsBytes(destination));
        }
        catch (EndOfStreamException error)
        {
            throw new DataException(_path, "ended before all of its rows were read; was it being written?", innerException: error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
