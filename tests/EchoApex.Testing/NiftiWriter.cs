using System.IO.Compression;

namespace EchoApex.Testing;

/// <summary>Writes small NIfTI files for tests, after nifti1.h and nifti2.h.</summary>
public static class NiftiWriter
{
    /// <summary>What to write; the defaults are a NIfTI-1 file of bytes in millimetres.</summary>
    public sealed record Options
    {
        public bool Second { get; init; }

        public bool BigEndian { get; init; }

        public short DataType { get; init; } = 2;

        public double[] Steps { get; init; } = [1, .5, .25, 1, 1];

        /// <summary>2 millimetres; + 16 milliseconds.</summary>
        public int Units { get; init; } = 2;

        public double Slope { get; init; }

        public double Intercept { get; init; }
    }

    /// <summary>Bytes of a file; voxels are whole bytes of the data type, in the byte order asked for.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> voxels, int[] sizes, Options? options = null)
    {
        options ??= new Options();
        int length = options.Second ? 540 : 348;
        byte[] bytes = new byte[length + 4 + voxels.Length];
        var head = new Writer(bytes, options.BigEndian);
        head.Put(0, length, 4);
        (options.Second ? "n+2\0\r\n\x1a\n"u8 : "n+1\0"u8).CopyTo(bytes.AsSpan(options.Second ? 4 : 344));
        head.Put(options.Second ? 12 : 70, options.DataType, 2);
        for (int axis = 0; axis <= 7; axis++)
        {
            long size = axis == 0 ? sizes.Length : axis <= sizes.Length ? sizes[axis - 1] : 1;
            head.Put(options.Second ? 16 + (8 * axis) : 40 + (2 * axis), size, options.Second ? 8 : 2);
            head.PutReal(options.Second ? 104 + (8 * axis) : 76 + (4 * axis), axis < options.Steps.Length ? options.Steps[axis] : 1, options.Second);
        }

        if (options.Second)
        {
            head.Put(168, length + 4, 8);
            head.PutReal(176, options.Slope, true);
            head.PutReal(184, options.Intercept, true);
            head.Put(500, options.Units, 4);
        }
        else
        {
            head.PutReal(108, length + 4, false);
            head.PutReal(112, options.Slope, false);
            head.PutReal(116, options.Intercept, false);
            bytes[123] = (byte)options.Units;
        }

        voxels.CopyTo(bytes.AsSpan(length + 4));
        return bytes;
    }

    /// <summary>Packs bytes as .nii.gz files are.</summary>
    public static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private sealed class Writer(byte[] bytes, bool bigEndian)
    {
        public void Put(int offset, long value, int size)
        {
            for (int i = 0; i < size; i++)
            {
                bytes[offset + (bigEndian ? size - 1 - i : i)] = (byte)(value >> (8 * i));
            }
        }

        public void PutReal(int offset, double value, bool isDouble) =>
            Put(offset, isDouble ? BitConverter.DoubleToInt64Bits(value) : BitConverter.SingleToInt32Bits((float)value), isDouble ? 8 : 4);
    }
}
