using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// Gaussian blur with a kernel of fixed size, as torchvision's <c>gaussian_blur</c>, which DINOv2 uses with 9 taps and a
/// standard deviation between 0.1 and 2 (torchvision/transforms/functional_tensor.py). Pixels beyond the border mirror the
/// picture without repeating the border; the result is rounded half to even. The reference multiplies with the square kernel
/// at once; here the two directions are separate, so a sum next to a half may round the other way.
/// </summary>
public static class KernelGaussianBlur
{
    /// <summary>Blurs a picture. May work in place.</summary>
    /// <param name="source">height x width x channels bytes.</param>
    /// <param name="height">Rows, more than half the kernel.</param>
    /// <param name="width">Columns, more than half the kernel.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="kernelSize">Taps a direction, odd, up to 255.</param>
    /// <param name="sigma">Standard deviation in pixels, above 0.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">A length does not fit the sizes, or the kernel does not fit the picture.</exception>
    public static void Apply(ReadOnlySpan<byte> source, int height, int width, int channels, int kernelSize, double sigma, Span<byte> destination)
    {
        PixelBuffers.Check(source.Length, destination.Length, height, width, channels);
        if (kernelSize is < 1 or > 255 || kernelSize % 2 == 0 || kernelSize / 2 >= Math.Min(height, width))
        {
            throw new ArgumentOutOfRangeException(nameof(kernelSize), kernelSize, $"The kernel must be odd, at most 255, and its half smaller than the sides {height} and {width} of the picture.");
        }

        Span<float> kernel = stackalloc float[kernelSize];
        FillKernel(kernel, sigma);
        int length = width * channels;
        int margin = kernelSize / 2 * channels;
        float[] buffer = ArrayPool<float>.Shared.Rent(checked((height * length) + length + (2 * margin)));
        try
        {
            var rows = buffer.AsSpan(0, height * length);
            var line = buffer.AsSpan(height * length, length + (2 * margin));
            for (int y = 0; y < height; y++)
            {
                WidenMirrored(source.Slice(y * length, length), channels, kernelSize / 2, line);
                var sums = rows.Slice(y * length, length);
                sums.Clear();
                for (int k = 0; k < kernelSize; k++)
                {
                    AddScaled(line.Slice(k * channels, length), kernel[k], sums);
                }
            }

            BlurColumns(rows, height, length, kernel, line[..length], destination);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    /// <summary>The kernel of one direction, scaled to a sum of 1.</summary>
    /// <param name="kernel">Receives the weights; its length is the kernel's size.</param>
    /// <param name="sigma">Standard deviation in pixels, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is not above 0.</exception>
    public static void FillKernel(Span<float> kernel, double sigma)
    {
        if (!(sigma > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "The standard deviation must be above 0.");
        }

        double center = (kernel.Length - 1) / 2.0;
        double sum = 0;
        for (int k = 0; k < kernel.Length; k++)
        {
            sum += Density(k);
        }

        for (int k = 0; k < kernel.Length; k++)
        {
            kernel[k] = (float)(Density(k) / sum);
        }

        double Density(int k) => Math.Exp(-0.5 * Math.Pow((k - center) / sigma, 2));
    }

    private static void BlurColumns(ReadOnlySpan<float> rows, int height, int length, ReadOnlySpan<float> kernel, Span<float> sums, Span<byte> destination)
    {
        for (int y = 0; y < height; y++)
        {
            sums.Clear();
            for (int k = 0; k < kernel.Length; k++)
            {
                AddScaled(rows.Slice(Mirror(y + k - (kernel.Length / 2), height) * length, length), kernel[k], sums);
            }

            var to = destination.Slice(y * length, length);
            for (int x = 0; x < to.Length; x++)
            {
                to[x] = (byte)Math.Clamp(MathF.Round(sums[x]), 0, 255);
            }
        }
    }

    private static void WidenMirrored(ReadOnlySpan<byte> row, int channels, int margin, Span<float> line)
    {
        int width = row.Length / channels;
        for (int i = 0; i < row.Length; i++)
        {
            line[(margin * channels) + i] = row[i];
        }

        for (int x = -margin; x < 0; x++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                line[((margin + x) * channels) + channel] = row[(-x * channels) + channel];
                line[((margin + width - 1 - x) * channels) + channel] = row[((width - 1 + x) * channels) + channel];
            }
        }
    }

    private static int Mirror(int position, int length) =>
        position < 0 ? -position : position >= length ? (2 * (length - 1)) - position : position;

    // Every lane does what the scalar loop does: the result does not depend on the vectors' width.
    private static void AddScaled(ReadOnlySpan<float> values, float factor, Span<float> sums)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(values);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sums);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] += from[i] * factor;
        }

        for (int i = to.Length * Vector<float>.Count; i < sums.Length; i++)
        {
            sums[i] += values[i] * factor;
        }
    }
}
