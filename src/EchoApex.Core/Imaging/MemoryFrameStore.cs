namespace EchoApex.Core.Imaging;

/// <summary>Frames held in memory.</summary>
public sealed class MemoryFrameStore : IFrameStore
{
    private readonly byte[] _pixels;

    /// <summary>Takes over an array of T x H x W x C bytes; the caller must not change it afterwards.</summary>
    /// <exception cref="ArgumentException">The array's length is not the product of the sizes.</exception>
    public MemoryFrameStore(byte[] pixels, int frameCount, int height, int width, int channels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "Frames have 1 or 3 channels.");
        }

        if (pixels.LongLength != (long)frameCount * height * width * channels)
        {
            throw new ArgumentException($"{frameCount} frames of {height} x {width} x {channels} need {(long)frameCount * height * width * channels} bytes, got {pixels.LongLength}.", nameof(pixels));
        }

        (_pixels, FrameCount, Height, Width, Channels) = (pixels, frameCount, height, width, channels);
    }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Channels { get; }

    /// <inheritdoc/>
    public void ReadFrame(int index, Span<byte> destination)
    {
        int length = Height * Width * Channels;
        _pixels.AsSpan(index * length, length).CopyTo(destination);
    }
}
