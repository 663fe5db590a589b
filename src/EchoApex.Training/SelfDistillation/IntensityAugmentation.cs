using System.Runtime.Intrinsics;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Changes the gray values of one crop. What depends on the gray value alone is folded into one table of 256 entries, so
/// that its cost does not depend on how many of those steps are on; what depends on the place is <see cref="SpatialIntensity"/>.
/// </summary>
internal static unsafe class IntensityAugmentation
{
    private const int Levels = 256;

    /// <param name="crop">Side x side bytes, 0 outside the sector.</param>
    /// <param name="side">Side of the crop.</param>
    /// <param name="depth">Depths of the crop's pixels; looked at only for the depth gain.</param>
    /// <param name="options">What to change and how far.</param>
    /// <param name="blurProbability">Probability of blur for this crop.</param>
    /// <param name="solarizeProbability">Probability of solarization for this crop.</param>
    /// <param name="random">Random numbers.</param>
    /// <param name="result">Side x side gray values 0 to 1, 0 outside the sector.</param>
    public static void Apply(ReadOnlySpan<byte> crop, int side, in DepthMap depth, MultiCropOptions options, double blurProbability, double solarizeProbability, RandomStream random, Span<float> result)
    {
        Span<float> table = stackalloc float[Levels];
        BuildTable(crop, options, random, table);
        new SpatialIntensity(side, depth, options, random).Apply(crop, table, random, result);
        if (random.NextBoolean(blurProbability))
        {
            Blur(result, side, random.Uniform(options.BlurSigma.Low, options.BlurSigma.High), options.BlurKernel);
        }

        Finish(crop, random.NextBoolean(solarizeProbability), result[..crop.Length]);
    }

    private static void Finish(ReadOnlySpan<byte> crop, bool solarize, Span<float> values)
    {
        int done = 0;
        for (; done <= values.Length - Vector256<float>.Count; done += Vector256<float>.Count)
        {
            var value = SpatialIntensity.Clamp(Vector256.LoadUnsafe(ref values[done]));
            if (solarize)
            {
                value = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(value, Vector256.Create(0.5f)), Vector256<float>.One - value, value);
            }

            (value & SpatialIntensity.Inside(crop, done)).StoreUnsafe(ref values[done]);
        }

        for (int i = done; i < values.Length; i++)
        {
            float value = Math.Clamp(values[i], 0f, 1f);
            value = solarize && value >= 0.5f ? 1 - value : value;
            values[i] = crop[i] == 0 ? 0 : value;
        }
    }

    private static void BuildTable(ReadOnlySpan<byte> crop, MultiCropOptions options, RandomStream random, Span<float> table)
    {
        bool jitter = random.NextBoolean(options.JitterProbability);
        Span<int> histogram = stackalloc int[Levels];
        histogram.Clear();
        if (jitter || options.LogContrast > 0)
        {
            foreach (byte value in crop)
            {
                histogram[value]++;
            }
        }

        for (int level = 0; level < Levels; level++)
        {
            table[level] = level / 255f;
        }

        if (jitter)
        {
            Jitter(histogram, options, random, table);
        }

        if (options.LogGamma > 0)
        {
            float gamma = (float)Math.Exp(random.Uniform(-options.LogGamma, options.LogGamma));
            foreach (ref float value in table)
            {
                value = MathF.Pow(value, gamma);
            }
        }

        if (options.LogContrast > 0)
        {
            ScaleContrast(histogram, Math.Exp(random.Uniform(-options.LogContrast, options.LogContrast)), table);
        }

        if (options.Offset > 0)
        {
            float offset = (float)random.Uniform(-options.Offset, options.Offset);
            foreach (ref float value in table)
            {
                value = Math.Clamp(value + offset, 0f, 1f);
            }
        }

        table[0] = 0;
    }

    private static void Jitter(ReadOnlySpan<int> histogram, MultiCropOptions options, RandomStream random, Span<float> table)
    {
        double brightness = random.Uniform(1 - options.Brightness, 1 + options.Brightness);
        double contrast = random.Uniform(1 - options.Contrast, 1 + options.Contrast);
        bool brightnessFirst = random.NextBoolean(0.5);
        if (!brightnessFirst)
        {
            ScaleContrast(histogram, contrast, table);
        }

        foreach (ref float value in table)
        {
            value = Math.Clamp((float)(value * brightness), 0f, 1f);
        }

        if (brightnessFirst)
        {
            ScaleContrast(histogram, contrast, table);
        }
    }

    private static void ScaleContrast(ReadOnlySpan<int> histogram, double factor, Span<float> table)
    {
        (double sum, long count) = (0, 0);
        for (int level = 1; level < Levels; level++)
        {
            sum += (double)histogram[level] * table[level];
            count += histogram[level];
        }

        double mean = count == 0 ? 0 : sum / count;
        foreach (ref float value in table)
        {
            value = (float)Math.Clamp(mean + ((value - mean) * factor), 0, 1);
        }
    }

    private static void Blur(Span<float> values, int side, double sigma, int kernel)
    {
        fixed (float* pixels = values)
        {
            using var picture = Mat.FromPixelData(side, side, MatType.CV_32FC1, (nint)pixels);
            Cv2.GaussianBlur(picture, picture, new Size(kernel, kernel), sigma, sigma, BorderTypes.Reflect101);
        }
    }
}
