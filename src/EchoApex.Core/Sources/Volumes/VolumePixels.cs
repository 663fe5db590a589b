using System.IO.Compression;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Volumes;

/// <summary>Reads voxels as bytes, frame by frame; memory is taken as the data arrives, never more than the header declares.</summary>
internal static class VolumePixels
{
    private const int ChunkLength = 1 << 16;

    /// <summary>
    /// Frames as 8-bit pixels. Values (after slope and intercept) that all lie in 0 to 255 are kept, rounded; others are refused:
    /// a scale made up from one file's extremes would differ from the next file's.
    /// </summary>
    /// <exception cref="DataException">The data is damaged, or a value does not fit.</exception>
    public static List<byte[]> ReadGray(VolumeHeader header) => Read(header, 0, header.FrameCount, integers: false);

    /// <summary>Labels of one frame: whole numbers of 0 to 255.</summary>
    /// <exception cref="DataException">The data is damaged, or a value is no label.</exception>
    public static byte[] ReadLabels(VolumeHeader header, int frame) => Read(header, frame, 1, integers: true)[0];

    private static List<byte[]> Read(VolumeHeader header, int first, int count, bool integers)
    {
        try
        {
            using var file = new FileStream(header.DataPath, FileMode.Open, FileAccess.Read, FileShare.Read, ChunkLength);
            long all = header.StoredFrameLength * header.FrameCount;
            long offset = header.DataOffset >= 0 ? header.DataOffset : file.Length - all;
            using Stream data = Unpack(header, file, ref offset);
            Skip(header, data, offset + (first * header.StoredFrameLength));
            var frames = new List<byte[]>();
            byte[] chunk = new byte[ChunkLength];
            for (int frame = first; frame < first + count; frame++)
            {
                frames.Add(ReadFrame(header, data, chunk, frame, integers));
            }

            // Reading past the end makes the unpacker compare its check sum.
            if (header.Compression != VolumeCompression.None && first + count == header.FrameCount)
            {
                _ = data.Read(chunk, 0, 1);
            }

            return frames;
        }
        catch (InvalidDataException error)
        {
            throw new DataException(header.Path, $"has packed voxels that are damaged: {error.Message} Get the file again.", innerException: error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(header.Path, $"cannot be read: {error.Message}", innerException: error);
        }
    }

    // Packed MetaImage voxels begin at an offset of the file, packed NIfTI files are packed as a whole.
    private static Stream Unpack(VolumeHeader header, FileStream file, ref long offset)
    {
        switch (header.Compression)
        {
            case VolumeCompression.Gzip:
                return new GZipStream(file, CompressionMode.Decompress);
            case VolumeCompression.Zlib:
                file.Position = Math.Max(0, header.DataOffset);
                offset = 0;
                return new ZLibStream(file, CompressionMode.Decompress);
            default:
                return file;
        }
    }

    private static void Skip(VolumeHeader header, Stream data, long count)
    {
        if (data is FileStream file)
        {
            file.Position = count;
            return;
        }

        byte[] chunk = new byte[ChunkLength];
        while (count > 0)
        {
            int length = data.ReadAtLeast(chunk.AsSpan(0, (int)Math.Min(chunk.Length, count)), 1, throwOnEndOfStream: false);
            count -= length > 0 ? length : throw CutShort(header, null);
        }
    }

    private static byte[] ReadFrame(VolumeHeader header, Stream data, byte[] chunk, int frame, bool integers)
    {
        int size = VoxelReader.Size(header.Type);
        byte[] pixels = new byte[header.FramePixels * header.Channels];
        for (int done = 0; done < pixels.Length;)
        {
            int numbers = Math.Min(pixels.Length - done, chunk.Length / size);
            var bytes = chunk.AsSpan(0, numbers * size);
            if (data.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw CutShort(header, frame);
            }

            Convert(header, bytes, pixels.AsSpan(done, numbers), frame, integers);
            done += numbers;
        }

        return pixels;
    }

    private static void Convert(VolumeHeader header, ReadOnlySpan<byte> bytes, Span<byte> pixels, int frame, bool integers)
    {
        bool scaled = header.Slope != 1 || header.Intercept != 0;
        if (header.Type == VoxelType.UInt8 && !scaled)
        {
            bytes.CopyTo(pixels);
            return;
        }

        int size = VoxelReader.Size(header.Type);
        for (int i = 0; i < pixels.Length; i++)
        {
            double value = VoxelReader.Read(bytes[(i * size)..], header.Type, header.BigEndian);
            value = scaled ? (value * header.Slope) + header.Intercept : value;
            if (!(value >= -.5 && value < 255.5) || (integers && Math.Abs(value - Math.Round(value)) > 1e-3))
            {
                throw new DataException(header.Path, integers
                    ? $"holds {value:R}, which is no label: labels are whole numbers of 0 to 255. Is it an image rather than a mask?"
                    : $"holds the value {value:R} (stored as {header.TypeName}); EchoApex reads values of 0 to 255 and does not guess a scale. Scale the whole data set to 0 to 255 in one way and save it as 8 bit.", frame);
            }

            pixels[i] = (byte)Math.Clamp(Math.Round(value), 0, 255);
        }
    }

    private static DataException CutShort(VolumeHeader header, int? frame) =>
        new(header.Path, $"ends before its voxels do: its header declares {header.FrameCount} frames of {header.Height} rows and {header.Width} columns. It is cut short; get the file again.", frame);
}
