using System.Buffers.Binary;
using System.IO.Compression;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Volumes;

namespace EchoApex.Core.Sources.Nifti;

/// <summary>Reads the header of a NIfTI file.</summary>
internal static class NiftiFile
{
    private const int Length1 = 348;
    private const int Length2 = 540;
    private const int MostAxes = 7;

    public static bool HasName(string path) =>
        path.EndsWith(".nii", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".nii.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a file's first bytes, plain or packed, are a NIfTI header.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) =>
        head is [0x1F, 0x8B, ..] ? IsHeader(Inflate(head)) : IsHeader(head);

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="DataException">The file is missing, no NIfTI file, damaged, or of a kind that is not read.</exception>
    public static VolumeHeader ReadHeader(string path)
    {
        var (head, packed) = ReadHead(path);
        if (head.Length < 4)
        {
            throw new DataException(path, $"has {head.Length} bytes{(packed ? " unpacked" : "")}, less than a NIfTI header. It is cut short; get the file again.");
        }

        int little = BinaryPrimitives.ReadInt32LittleEndian(head);
        int big = BinaryPrimitives.ReadInt32BigEndian(head);
        bool bigEndian = big is Length1 or Length2;
        int length = bigEndian ? big : little;
        if (length is not (Length1 or Length2))
        {
            throw new DataException(path, $"is no NIfTI file: its first four bytes say {little}, expected {Length1} (NIfTI-1) or {Length2} (NIfTI-2).");
        }

        if (head.Length < length)
        {
            throw new DataException(path, $"ends inside its NIfTI header, after {head.Length} of {length} bytes. It is cut short; get the file again.");
        }

        var fields = new Fields(head, bigEndian, length == Length2);
        RequireOneFile(path, head, length);
        return Header(path, fields, packed);
    }

    private static VolumeHeader Header(string path, Fields fields, bool packed)
    {
        long axes = fields.Size(0);
        if (axes is < 2 or > MostAxes)
        {
            throw new DataException(path, $"declares {axes} axes; a NIfTI image has 2 to {MostAxes}. The header is damaged, or this is no image.");
        }

        long[] sizes = fields.Sizes((int)axes);
        var (type, channels, name) = Type(path, fields.DataType);
        double offset = fields.Offset;
        if (!(offset >= fields.HeaderLength && offset <= long.MaxValue / 2) || offset != Math.Floor(offset))
        {
            throw new DataException(path, $"places its voxels at byte {offset:R}, not after its header of {fields.HeaderLength} bytes; the header is damaged.");
        }

        // Zero and non-numbers mean "not scaled" (nifti1.h, scl_slope).
        bool isScaled = double.IsFinite(fields.Slope) && fields.Slope != 0 && channels == 1;
        var (spacing, note) = Spacing(fields);
        return new VolumeHeader
        {
            Path = path,
            Format = fields.IsSecond ? "NIfTI-2" : "NIfTI-1",
            TypeName = name,
            Sizes = sizes,
            Type = type,
            Channels = channels,
            BigEndian = fields.BigEndian,
            Slope = isScaled ? fields.Slope : 1,
            Intercept = isScaled && double.IsFinite(fields.Intercept) ? fields.Intercept : 0,
            Spacing = spacing,
            FrameIntervalMs = axes >= 4 && sizes[3] > 1 ? Interval(fields) : null,
            DataPath = path,
            DataOffset = (long)offset,
            Compression = packed ? VolumeCompression.Gzip : VolumeCompression.None,
            Notes = note is null ? [] : [note],
        }.Checked();
    }

    private static (VoxelType Type, int Channels, string Name) Type(string path, int code) => code switch
    {
        2 => (VoxelType.UInt8, 1, "uint8"),
        4 => (VoxelType.Int16, 1, "int16"),
        8 => (VoxelType.Int32, 1, "int32"),
        16 => (VoxelType.Float32, 1, "float32"),
        64 => (VoxelType.Float64, 1, "float64"),
        128 => (VoxelType.UInt8, 3, "rgb24"),
        256 => (VoxelType.Int8, 1, "int8"),
        512 => (VoxelType.UInt16, 1, "uint16"),
        768 => (VoxelType.UInt32, 1, "uint32"),
        1024 => (VoxelType.Int64, 1, "int64"),
        1280 => (VoxelType.UInt64, 1, "uint64"),
        _ => throw new DataException(path, $"stores voxels as NIfTI data type {code}; EchoApex reads integers of 8 to 64 bits, float32, float64 and RGB24. Save the image as one of them."),
    };

    // A spacing of exactly 1 x 1 without a unit is what writers leave when nobody told them.
    private static (PixelSpacing? Spacing, string? Note) Spacing(Fields fields)
    {
        int unit = fields.Units & 7;
        double mm = unit switch { 1 => 1000, 3 => .001, _ => 1 };
        var (x, y) = (Math.Abs(fields.Step(1)) * mm, Math.Abs(fields.Step(2)) * mm);
        bool isKnown = double.IsFinite(x) && double.IsFinite(y) && x > 0 && y > 0 && unit <= 3 && !(unit == 0 && x == 1 && y == 1);
        return isKnown
            ? (new PixelSpacing(x, y), unit == 0 ? "The pixel spacing has no unit; taken as millimetres." : null)
            : (null, null);
    }

    private static double? Interval(Fields fields)
    {
        double ms = fields.Step(4) * ((fields.Units & 0x38) switch { 8 => 1000, 16 => 1, 24 => .001, _ => double.NaN });
        return double.IsFinite(ms) && ms > 0 ? ms : null;
    }

    private static void RequireOneFile(string path, ReadOnlySpan<byte> head, int length)
    {
        var magic = length == Length1 ? head.Slice(344, 4) : head.Slice(4, 4);
        if (magic[0] == 'n' && magic[1] == 'i')
        {
            throw new DataException(path, "is the header of a pair (.hdr and .img). Save both as one .nii file.");
        }

        if (!magic.SequenceEqual(length == Length1 ? "n+1\0"u8 : "n+2\0"u8))
        {
            throw new DataException(path, $"has no NIfTI mark ('n+1' or 'n+2') in its header: it is an Analyze file or damaged. Save it as NIfTI.");
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> head) =>
        (head.Length >= Length1 && head.Slice(344, 4) is [(byte)'n', (byte)'+' or (byte)'i', (byte)'1', 0])
        || (head.Length >= 12 && head.Slice(4, 4) is [(byte)'n', (byte)'+' or (byte)'i', (byte)'2', 0]);

    private static byte[] Inflate(ReadOnlySpan<byte> head)
    {
        try
        {
            using var packed = new GZipStream(new MemoryStream(head.ToArray()), CompressionMode.Decompress);
            return ReadUpTo(packed, Length2);
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static (byte[] Head, bool Packed) ReadHead(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        bool packed = false;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 12);
            byte[] head = ReadUpTo(file, Length2);
            if (head is not [0x1F, 0x8B, ..])
            {
                return (head, false);
            }

            packed = true;
            file.Position = 0;
            using var unpacked = new GZipStream(file, CompressionMode.Decompress);
            return (ReadUpTo(unpacked, Length2), true);
        }
        catch (InvalidDataException error)
        {
            throw new DataException(path, $"is packed with gzip, but damaged: {error.Message} Get the file again.", innerException: error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be {(packed ? "unpacked" : "read")}: {error.Message}", innerException: error);
        }
    }

    private static byte[] ReadUpTo(Stream stream, int length)
    {
        byte[] bytes = new byte[length];
        return bytes[..stream.ReadAtLeast(bytes, length, throwOnEndOfStream: false)];
    }

    // Offsets of nifti1.h and nifti2.h.
    private readonly ref struct Fields(ReadOnlySpan<byte> head, bool bigEndian, bool second)
    {
        private readonly ReadOnlySpan<byte> _head = head;

        public bool BigEndian => bigEndian;

        public bool IsSecond => second;

        public int HeaderLength => second ? Length2 : Length1;

        public int DataType => (int)Number(second ? 12 : 70, VoxelType.Int16);

        public double Offset => second ? Number(168, VoxelType.Int64) : Number(108, VoxelType.Float32);

        public double Slope => second ? Number(176, VoxelType.Float64) : Number(112, VoxelType.Float32);

        public double Intercept => second ? Number(184, VoxelType.Float64) : Number(116, VoxelType.Float32);

        public int Units => second ? (int)Number(500, VoxelType.Int32) : _head[123];

        public long Size(int axis) => (long)(second ? Number(16 + (8 * axis), VoxelType.Int64) : Number(40 + (2 * axis), VoxelType.Int16));

        public long[] Sizes(int axes)
        {
            long[] sizes = new long[axes];
            for (int axis = 1; axis <= axes; axis++)
            {
                sizes[axis - 1] = Size(axis);
            }

            return sizes;
        }

        public double Step(int axis) => second ? Number(104 + (8 * axis), VoxelType.Float64) : Rounded(Number(76 + (4 * axis), VoxelType.Float32));

        private double Number(int offset, VoxelType type) => VoxelReader.Read(_head[offset..], type, bigEndian);

        // 0.308 stored in 32 bits is meant as 0.308, not as 0.30799999833.
        private static double Rounded(double single) => double.IsFinite(single) ? (double)(decimal)(float)Math.Clamp(single, -1e9, 1e9) : single;
    }
}
