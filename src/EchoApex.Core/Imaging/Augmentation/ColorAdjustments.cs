namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// The colour operations of the reference augmentations on 8-bit pixels, channels interleaved, equal to the bit to
/// torchvision's transforms on Pillow pictures (torchvision/transforms/functional_pil.py; Pillow ImageEnhance.py,
/// libImaging/Blend.c and Convert.c). All of them may work in place.
/// </summary>
public static class ColorAdjustments
{
    /// <summary>Blends with black: <c>adjust_brightness</c>.</summary>
    /// <param name="source">Pixels of any number of channels.</param>
    /// <param name="factor">0 is black, 1 changes nothing.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void Brightness(ReadOnlySpan<byte> source, double factor, Span<byte> destination)
    {
        PixelBuffers.CheckPixels(source.Length, destination.Length, 1);
        BlendWith(0, source, factor, destination);
    }

    /// <summary>Blends with the mean luma of the picture, rounded: <c>adjust_contrast</c>.</summary>
    /// <param name="source">Pixels.</param>
    /// <param name="channels">1 or 3 (red, green, blue).</param>
    /// <param name="factor">0 is a flat gray, 1 changes nothing.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Contrast(ReadOnlySpan<byte> source, int channels, double factor, Span<byte> destination)
    {
        PixelBuffers.CheckPixels(source.Length, destination.Length, channels);
        if (source.IsEmpty)
        {
            return;
        }

        long sum = 0;
        for (int i = 0; i < source.Length; i += channels)
        {
            sum += channels == 1 ? source[i] : Luma(source[i], source[i + 1], source[i + 2]);
        }

        double mean = (double)sum / (source.Length / channels);
        BlendWith((byte)(mean + 0.5), source, factor, destination);
    }

    /// <summary>Blends with the picture's luma: <c>adjust_saturation</c>. A picture of one channel stays as it is.</summary>
    /// <param name="source">Pixels.</param>
    /// <param name="channels">1 or 3 (red, green, blue).</param>
    /// <param name="factor">0 is gray, 1 changes nothing.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Saturation(ReadOnlySpan<byte> source, int channels, double factor, Span<byte> destination)
    {
        PixelBuffers.CheckPixels(source.Length, destination.Length, channels);
        if (channels == 1)
        {
            source.CopyTo(destination);
            return;
        }

        float alpha = (float)factor;
        for (int i = 0; i < source.Length; i += 3)
        {
            (byte red, byte green, byte blue) = (source[i], source[i + 1], source[i + 2]);
            int gray = Luma(red, green, blue);
            destination[i] = Blend(gray, red, alpha);
            destination[i + 1] = Blend(gray, green, alpha);
            destination[i + 2] = Blend(gray, blue, alpha);
        }
    }

    /// <summary>
    /// Replaces every channel by the luma: <c>to_grayscale(num_output_channels=3)</c>. A picture of one channel stays as it is.
    /// </summary>
    /// <param name="source">Pixels.</param>
    /// <param name="channels">1 or 3 (red, green, blue); the result has as many.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Grayscale(ReadOnlySpan<byte> source, int channels, Span<byte> destination)
    {
        PixelBuffers.CheckPixels(source.Length, destination.Length, channels);
        if (channels == 1)
        {
            source.CopyTo(destination);
            return;
        }

        for (int i = 0; i < source.Length; i += 3)
        {
            destination.Slice(i, 3).Fill(Luma(source[i], source[i + 1], source[i + 2]));
        }
    }

    /// <summary>Inverts the values from the threshold upwards: <c>ImageOps.solarize</c>, torchvision <c>solarize</c>.</summary>
    /// <param name="source">Pixels of any number of channels.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <param name="threshold">The first value that is inverted; both references use 128.</param>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void Solarize(ReadOnlySpan<byte> source, Span<byte> destination, int threshold = 128)
    {
        PixelBuffers.CheckPixels(source.Length, destination.Length, 1);
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = source[i] < threshold ? source[i] : (byte)(255 - source[i]);
        }
    }

    /// <summary>ITU-R BT.601 luma in 16-bit fixed point, rounded (Pillow's conversion from RGB to L).</summary>
    private static byte Luma(byte red, byte green, byte blue) =>
        (byte)(((red * 19595) + (green * 38470) + (blue * 7471) + 0x8000) >> 16);

    // One value blends into 256 levels: a table does the arithmetic once a level.
    private static void BlendWith(byte value, ReadOnlySpan<byte> source, double factor, Span<byte> destination)
    {
        Span<byte> table = stackalloc byte[256];
        for (int level = 0; level < table.Length; level++)
        {
            table[level] = Blend(value, level, (float)factor);
        }

        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = table[source[i]];
        }
    }

    // Single precision and truncation, as the reference does it.
    private static byte Blend(int from, int to, float alpha) =>
        (byte)Math.Clamp(from + (alpha * (to - from)), 0f, 255f);
}
