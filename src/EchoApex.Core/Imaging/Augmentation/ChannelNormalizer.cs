namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// Turns 8-bit pixels into normalised planes: torchvision's <c>ToTensor</c> followed by <c>Normalize</c>.
/// </summary>
public static class ChannelNormalizer
{
    /// <summary>Writes (value / 255 - mean) / deviation, channel by channel.</summary>
    /// <param name="source">height x width x channels bytes.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="mean">Mean of each of the 1 or 3 channels on the scale 0 to 1; its length is the number of channels.</param>
    /// <param name="deviation">Standard deviation of each channel, above 0.</param>
    /// <param name="destination">Receives channels x height x width values.</param>
    /// <exception cref="ArgumentException">A length does not fit the sizes, or a deviation is not above 0.</exception>
    public static void ToPlanes(ReadOnlySpan<byte> source, int height, int width, ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation, Span<float> destination)
    {
        int channels = mean.Length;
        PixelBuffers.Check(source.Length, destination.Length, height, width, channels);
        if (deviation.Length != channels || deviation.ContainsAnyExceptInRange(float.Epsilon, float.MaxValue))
        {
            throw new ArgumentException($"{channels} channels need as many standard deviations above 0.", nameof(deviation));
        }

        int pixels = height * width;
        Span<float> table = stackalloc float[256];
        for (int channel = 0; channel < channels; channel++)
        {
            for (int level = 0; level < table.Length; level++)
            {
                table[level] = ((level / 255f) - mean[channel]) / deviation[channel];
            }

            var plane = destination.Slice(channel * pixels, pixels);
            for (int i = 0; i < plane.Length; i++)
            {
                plane[i] = table[source[(i * channels) + channel]];
            }
        }
    }
}
