namespace EchoApex.Core.Datasets;

/// <summary>Frames of one clip, cropped to the sector, gray, bounded in size; pixels outside the sector are 0, inside 1 to 255.</summary>
public sealed class SectorFrames
{
    private readonly byte[] _pixels;

    /// <summary>Takes over an array of frameCount x height x width bytes.</summary>
    /// <exception cref="ArgumentException">The array's length is not the product of the sizes.</exception>
    public SectorFrames(byte[] pixels, int frameCount, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        if (pixels.LongLength != (long)frameCount * height * width)
        {
            throw new ArgumentException($"{frameCount} frames of {height} x {width} need {(long)frameCount * height * width} bytes, got {pixels.LongLength}.", nameof(pixels));
        }

        (_pixels, FrameCount, Height, Width) = (pixels, frameCount, height, width);
    }

    /// <summary>Number of frames, at least 1.</summary>
    public int FrameCount { get; }

    /// <summary>Rows of a frame.</summary>
    public int Height { get; }

    /// <summary>Columns of a frame.</summary>
    public int Width { get; }

    /// <summary>Bytes held.</summary>
    public long ByteCount => _pixels.LongLength;

    /// <summary>One frame; no copy is made.</summary>
    public SectorImage this[int frame]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(frame);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
            int length = Height * Width;
            return new SectorImage(_pixels.AsMemory(frame * length, length), Height, Width);
        }
    }
}
