using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Arrays;

/// <summary>
/// Reads and writes NumPy's .npy files (format versions 1 and 2, little endian, C order; elements of type u1, i4, i8, f4, f8).
/// Source: numpy.lib.format. Nothing in a file is executed: object arrays are refused.
/// </summary>
public static partial class NumpyFile
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Writes an array.</summary>
    /// <exception cref="ArgumentException">The number of values is not the product of the shape, or the type is not supported.</exception>
    public static void Write<T>(string path, IReadOnlyList<long> shape, ReadOnlyMemory<T> values)
        where T : unmanaged =>
        AtomicOutput.WriteFile(path, stream =>
        {
            if (Count(shape) != values.Length)
            {
                throw new ArgumentException($"The shape [{string.Join(", ", shape)}] asks for {Count(shape)} values, got {values.Length}.", nameof(values));
            }

            WriteHeader<T>(stream, shape);
            const int chunk = 1 << 20;
            for (int start = 0; start < values.Length; start += chunk)
            {
                stream.Write(MemoryMarshal.AsBytes(values.Span.Slice(start, Math.Min(chunk, values.Length - start))));
            }
        });

    /// <summary>Writes only the header, for a caller that streams the elements itself.</summary>
    public static void WriteHeader<T>(Stream stream, IReadOnlyList<long> shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(stream);
        string sizes = shape.Count == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        string text = $"{{'descr': '{Descriptor<T>()}', 'fortran_order': False, 'shape': ({sizes}), }}";
        int padded = (Magic.Length + 4 + text.Length + 1 + 63) / 64 * 64;
        text = text.PadRight(padded - Magic.Length - 4 - 1) + "\n";
        stream.Write(Magic);
        stream.Write([1, 0, (byte)(text.Length & 0xff), (byte)(text.Length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>Reads an array whose elements must be of type <typeparamref name="T"/>.</summary>
    /// <exception cref="DataException">The file is no .npy file, is cut short, has another element type or Fortran order.</exception>
    public static NumpyArray<T> Read<T>(string path)
        where T : unmanaged
    {
        using var stream = OpenRead(path);
        var (descriptor, shape) = ReadHeader(path, stream);
        if (descriptor != Descriptor<T>())
        {
            throw new DataException(path, $"holds elements of type '{descriptor}', expected '{Descriptor<T>()}' ({typeof(T).Name}). Save the array with that type, for instance numpy's a.astype('{Descriptor<T>()}').");
        }

        long count = Count(shape);
        long available = stream.Length - stream.Position;
        long size = Marshal.SizeOf<T>();
        if (count > Array.MaxLength || count * size > available)
        {
            throw new DataException(path, $"declares shape [{string.Join(", ", shape)}], {count * (double)size:0} bytes, but holds {available}.");
        }

        T[] values = new T[count];
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return new NumpyArray<T>(shape, values);
    }

    /// <summary>Reads shape and element type without the elements.</summary>
    public static (string Descriptor, IReadOnlyList<long> Shape) ReadHeader(string path)
    {
        using var stream = OpenRead(path);
        return ReadHeader(path, stream);
    }

    internal static FileStream OpenRead(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
    }

    internal static (string Descriptor, IReadOnlyList<long> Shape) ReadHeader(string path, FileStream stream)
    {
        Span<byte> start = stackalloc byte[12];
        int got = stream.ReadAtLeast(start[..10], 10, throwOnEndOfStream: false);
        if (got < 10 || !start[..6].SequenceEqual(Magic))
        {
            throw new DataException(path, "is not an .npy file (it does not start with '\\x93NUMPY').");
        }

        int length = start[8] | (start[9] << 8);
        if (start[6] >= 2)
        {
            if (stream.ReadAtLeast(start[10..12], 2, throwOnEndOfStream: false) < 2)
            {
                throw new DataException(path, "ends inside its header.");
            }

            length |= (start[10] << 16) | (start[11] << 24);
        }

        if (length <= 0 || length > Math.Min(1 << 20, stream.Length - stream.Position))
        {
            throw new DataException(path, $"declares a header of {length} bytes, more than the file holds.");
        }

        byte[] header = new byte[length];
        stream.ReadExactly(header);
        string text = Encoding.ASCII.GetString(header);
        var match = HeaderPattern().Match(text);
        if (!match.Success)
        {
            throw new DataException(path, $"has a header that is not understood: {text.Trim()}");
        }

        if (match.Groups["fortran"].Value == "True")
        {
            throw new DataException(path, "is in Fortran order. Save it with numpy.ascontiguousarray first.");
        }

        string descriptor = match.Groups["descr"].Value.Replace("<u1", "|u1", StringComparison.Ordinal);
        long[] shape = [.. match.Groups["shape"].Value
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(s => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                ? size
                : throw new DataException(path, $"declares the size '{s}', which is not a number."))];
        return (descriptor, shape);
    }

    internal static long Count(IReadOnlyList<long> shape)
    {
        double approximate = shape.Aggregate(1.0, (product, size) => product * size);
        return approximate > long.MaxValue / 2 ? long.MaxValue / 2 : shape.Aggregate(1L, (product, size) => product * size);
    }

    internal static string Descriptor<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Byte => "|u1",
        TypeCode.Int32 => "<i4",
        TypeCode.Int64 => "<i8",
        TypeCode.Single => "<f4",
        TypeCode.Double => "<f8",
        _ => throw new ArgumentException($"Elements of type {typeof(T).Name} are not supported in .npy files."),
    };

    [GeneratedRegex(@"'descr'\s*:\s*'(?<descr>[^']*)'.*'fortran_order'\s*:\s*(?<fortran>True|False).*'shape'\s*:\s*\((?<shape>[^)]*)\)", RegexOptions.Singleline)]
    private static partial Regex HeaderPattern();
}
