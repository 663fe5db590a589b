namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>Checks of the lengths that the augmentation primitives share.</summary>
internal static class PixelBuffers
{
    /// <summary>Demands 1 or 3 channels and buffers that hold the picture.</summary>
    public static int Check(int sourceLength, int destinationLength, int height, int width, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        CheckChannels(channels);
        long needed = (long)height * width * channels;
        if (sourceLength < needed || destinationLength < needed)
        {
            throw new ArgumentException($"A picture of {height} x {width} x {channels} needs {needed} values, got {sourceLength} in the source and {destinationLength} in the destination.");
        }

        return (int)needed;
    }

    /// <summary>Demands whole pixels and a destination that holds them.</summary>
    public static void CheckPixels(int sourceLength, int destinationLength, int channels)
    {
        CheckChannels(channels);
        if (sourceLength % channels != 0 || destinationLength < sourceLength)
        {
            throw new ArgumentException($"Pixels of {channels} channels in {sourceLength} values do not fit into {destinationLength}.");
        }
    }

    /// <summary>Demands 1 or 3 channels.</summary>
    public static void CheckChannels(int channels)
    {
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "Pictures have 1 or 3 channels.");
        }
    }
}
