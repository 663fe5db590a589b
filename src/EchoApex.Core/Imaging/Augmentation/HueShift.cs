namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// Turns the hue of 8-bit colour pixels by way of 8-bit hue, saturation and value, equal to the bit to torchvision's
/// <c>adjust_hue</c> on Pillow pictures (functional_pil.py; Pillow libImaging/Convert.c, rgb2hsv and hsv2rgb).
/// </summary>
public static class HueShift
{
    /// <summary>Turns the hue. A picture of one channel has none and stays as it is. May work in place.</summary>
    /// <param name="source">Pixels, channels interleaved.</param>
    /// <param name="channels">1 or 3 (red, green, blue).</param>
    /// <param name="shift">Share of the colour circle, -0.5 to 0.5; the reference truncates it to 1/255 steps.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or the shift is out of range.</exception>
    public static void Apply(ReadOnlySpan<byte> source, int channels, double shift, Span<byte> destination)
    {
        PixelBuffers.CheckPixels(source.Length, destination.Length, channels);
        if (!(Math.Abs(shift) <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "The hue shift must lie between -0.5 and 0.5.");
        }

        if (channels == 1)
        {
            source.CopyTo(destination);
            return;
        }

        byte steps = unchecked((byte)(int)(shift * 255));
        for (int i = 0; i < source.Length; i += 3)
        {
            (byte hue, byte saturation, byte value) = ToHsv(source[i], source[i + 1], source[i + 2]);
            ToRgb(unchecked((byte)(hue + steps)), saturation, value, destination.Slice(i, 3));
        }
    }

    // Where single and double precision change over decides the last level; the casts keep the reference's places.
    private static (byte Hue, byte Saturation, byte Value) ToHsv(byte red, byte green, byte blue)
    {
        byte largest = Math.Max(red, Math.Max(green, blue));
        byte smallest = Math.Min(red, Math.Min(green, blue));
        if (largest == smallest)
        {
            return (0, 0, largest);
        }

        float range = largest - smallest;
        float saturation = range / largest;
        float fromRed = (largest - red) / range;
        float fromGreen = (largest - green) / range;
        float fromBlue = (largest - blue) / range;
        float sextant =
            red == largest ? fromBlue - fromGreen
            : green == largest ? (float)(2.0 + fromRed - fromBlue)
            : (float)(4.0 + fromGreen - fromRed);
        float hue = (float)(((sextant / 6.0) + 1.0) % 1.0);
        return ((byte)(hue * 255.0), (byte)(saturation * 255.0), largest);
    }

    private static void ToRgb(byte hue, byte saturation, byte value, Span<byte> rgb)
    {
        if (saturation == 0)
        {
            rgb.Fill(value);
            return;
        }

        double position = hue * 6.0 / 255.0;
        int sextant = (int)position;
        float fraction = (float)(position - sextant);
        float share = (float)(saturation / 255.0);
        byte low = Round(value * (1.0 - share));
        byte falling = Round(value * (1.0 - (share * fraction)));
        byte rising = Round(value * (1.0 - (share * (1.0 - fraction))));
        (rgb[0], rgb[1], rgb[2]) = (sextant % 6) switch
        {
            0 => (value, rising, low),
            1 => (falling, value, low),
            2 => (low, value, rising),
            3 => (low, falling, value),
            4 => (rising, low, value),
            _ => (value, low, falling),
        };
    }

    // Never negative here: adding a half and truncating is rounding half away from zero.
    private static byte Round(double level) => (byte)Math.Min(level + 0.5, 255);
}
