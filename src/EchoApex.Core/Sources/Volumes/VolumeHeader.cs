using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Volumes;

/// <summary>What a NIfTI or MetaImage header says of its voxels: frames of rows of columns, the column fastest.</summary>
internal sealed record VolumeHeader
{
    // 1 GiB of numbers, as many bytes in memory: some 2,000 frames of 800 x 600, far above any clip; a bound on what a damaged header can ask for.
    private const long MostNumbers = 1L << 30;
    private const int LongestSide = 1 << 15;

    // Deflate packs at most 258 bytes into two bits.
    private const long MostInflation = 1032;

    /// <summary>The file whose header this is.</summary>
    public required string Path { get; init; }

    /// <summary>"NIfTI-1", "NIfTI-2" or "MetaImage".</summary>
    public required string Format { get; init; }

    /// <summary>The type as the format calls it, for messages.</summary>
    public required string TypeName { get; init; }

    /// <summary>Size of each axis, the fastest first, at least two.</summary>
    public required IReadOnlyList<long> Sizes { get; init; }

    /// <summary>The numbers' type.</summary>
    public required VoxelType Type { get; init; }

    /// <summary>Numbers of a pixel, one after the other: 1, or 3 for red, green, blue.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Whether numbers begin with their high byte.</summary>
    public bool BigEndian { get; init; }

    /// <summary>A stored number times Slope plus Intercept is its value.</summary>
    public double Slope { get; init; } = 1;

    /// <summary>See <see cref="Slope"/>.</summary>
    public double Intercept { get; init; }

    /// <summary>Size of a pixel; null when the file does not say.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Time between two frames; null when the file does not say.</summary>
    public double? FrameIntervalMs { get; init; }

    /// <summary>The file that holds the voxels.</summary>
    public required string DataPath { get; init; }

    /// <summary>Bytes before the first voxel, after unpacking; -1 when the voxels are the end of the file.</summary>
    public long DataOffset { get; init; }

    /// <summary>How the voxels are packed.</summary>
    public VolumeCompression Compression { get; init; }

    /// <summary>What was assumed, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Columns.</summary>
    public int Width => (int)Sizes[0];

    /// <summary>Rows.</summary>
    public int Height => (int)Sizes[1];

    /// <summary>Frames: the product of all axes but the first two, of which at most one may be longer than 1.</summary>
    public int FrameCount => (int)Sizes.Skip(2).Aggregate(1L, (product, size) => product * size);

    /// <summary>Pixels of a frame.</summary>
    public int FramePixels => Width * Height;

    /// <summary>Bytes of a frame as stored.</summary>
    public long StoredFrameLength => (long)FramePixels * Channels * VoxelReader.Size(Type);

    /// <summary>Refuses sizes that are no clip, or more than the file can hold.</summary>
    /// <exception cref="DataException">They are.</exception>
    public VolumeHeader Checked()
    {
        string sizes = string.Join(" x ", Sizes);
        if (Sizes.Any(size => size < 1) || Sizes[0] > LongestSide || Sizes[1] > LongestSide || Sizes.Aggregate((double)Channels, (product, size) => product * size) > MostNumbers)
        {
            throw new DataException(Path, $"declares a {Format} image of {sizes}{(Channels == 1 ? "" : $" of {Channels} channels")}; EchoApex reads sides of 1 to {LongestSide} and up to {MostNumbers} numbers in all. The header is damaged, or the image must be cut into smaller ones.");
        }

        if (Sizes.Skip(2).Count(size => size > 1) > 1)
        {
            throw new DataException(Path, $"is a moving volume of {sizes}; a clip has columns, rows and frames. Save one plane of it, or one moment.");
        }

        long length = FileLength();
        double needed = ((double)StoredFrameLength * FrameCount) + Math.Max(0, DataOffset);
        double most = Compression == VolumeCompression.None ? length : (double)length * MostInflation;
        return needed <= most
            ? this
            : throw new DataException(Path, $"declares {sizes} of type {TypeName}, {needed:0} bytes, but {(DataPath == Path ? "the file" : DataPath)} has {length}{(Compression == VolumeCompression.None ? "" : " packed")}: it is cut short, or its header is damaged. Get the file again.");
    }

    private long FileLength()
    {
        try
        {
            return new FileInfo(DataPath).Length;
        }
        catch (IOException error)
        {
            throw new DataException(Path, $"keeps its voxels in {DataPath}, which cannot be read: {error.Message} Put both files into one folder.", innerException: error);
        }
    }
}
