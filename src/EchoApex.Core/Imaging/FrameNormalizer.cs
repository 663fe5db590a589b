// S side of the square input.
namespace EchoApex.Core.Imaging;

/// <summary>Turns the bytes of a square picture into the values that a network takes: the last step of a <see cref="Preprocessing"/>.</summary>
/// <remarks>Thread safety: may be used from several threads.</remarks>
public sealed class FrameNormalizer
{
    private readonly Preprocessing _preprocessing;

    /// <summary>Creates the normaliser.</summary>
    /// <exception cref="Runtime.ConfigurationException">A value is out of range.</exception>
    public FrameNormalizer(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Validate("preprocessing");
        _preprocessing = preprocessing;
    }

    /// <summary>Normalises one picture.</summary>
    /// <param name="picture">Pixels, channels interleaved, all of one size.</param>
    /// <param name="channels">1 (each of the three planes gets the same) or 3.</param>
    /// <param name="inside">One byte a pixel, 0 outside the ultrasound sector; used by <see cref="Normalization.Image"/> alone.</param>
    /// <param name="values_CSS">Receives three planes.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public void Normalize(ReadOnlySpan<byte> picture, int channels, ReadOnlySpan<byte> inside, Span<float> values_CSS)
    {
        int area = values_CSS.Length / 3;
        if (channels is not (1 or 3) || picture.Length != area * channels || values_CSS.Length != area * 3
            || (_preprocessing.Normalization == Normalization.Image && inside.Length != area))
        {
            throw new ArgumentException($"{picture.Length} bytes of {channels} channels and {inside.Length} of a sector do not make {values_CSS.Length} values.", nameof(picture));
        }

        if (_preprocessing.Normalization == Normalization.Channel)
        {
            NormalizeChannels(picture, channels, values_CSS);
        }
        else
        {
            NormalizeImage(picture, channels, inside, values_CSS);
        }
    }

    private void NormalizeChannels(ReadOnlySpan<byte> picture, int channels, Span<float> values_CSS)
    {
        int area = values_CSS.Length / 3;
        Span<float> table = stackalloc float[256];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int value = 0; value < 256; value++)
            {
                table[value] = (float)(((value / 255.0) - _preprocessing.Mean[channel]) / _preprocessing.Std[channel]);
            }

            var plane = values_CSS.Slice(channel * area, area);
            for (int pixel = 0, from = channels == 1 ? 0 : channel; pixel < area; pixel++, from += channels)
            {
                plane[pixel] = table[picture[from]];
            }
        }
    }

    // Standardised over all channels of the pixels inside; a flat picture becomes 0.
    private static void NormalizeImage(ReadOnlySpan<byte> picture, int channels, ReadOnlySpan<byte> inside, Span<float> values_CSS)
    {
        int area = values_CSS.Length / 3;
        long count = 0;
        long sum = 0;
        long squares = 0;
        for (int pixel = 0; pixel < area; pixel++)
        {
            for (int channel = 0; inside[pixel] != 0 && channel < channels; channel++)
            {
                int value = picture[(pixel * channels) + channel];
                (count, sum, squares) = (count + 1, sum + value, squares + (value * value));
            }
        }

        double mean = count == 0 ? 0 : (double)sum / count;
        double variance = count == 0 ? 0 : ((double)squares / count) - (mean * mean);
        double scale = variance > 1e-6 ? 1 / Math.Sqrt(variance) : 0;
        for (int channel = 0; channel < 3; channel++)
        {
            var plane = values_CSS.Slice(channel * area, area);
            for (int pixel = 0; pixel < area; pixel++)
            {
                int value = picture[(pixel * channels) + (channels == 1 ? 0 : channel)];
                plane[pixel] = inside[pixel] == 0 ? 0 : (float)((value - mean) * scale);
            }
        }
    }
}
