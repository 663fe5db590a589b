using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Changes the gray values of one crop. What depends on the gray value alone is folded into one table of 256 entries, so
/// that its cost does not depend on how many of those steps are on.
/// </summary>
internal static unsafe class IntensityAugmentation
{
    private const int Levels = 256;

    /// <param name="crop">Side x side bytes, 0 outside the sector.</param>
    /// <param name="side">Side of the crop.</param>
    /// <param name="options">What to change and how far.</param>
    /// <param name="blurProbability">Probability of blur for this crop.</param>
    /// <param name="solarizeProbability">Probability of solarization for this crop.</param>
    /// <param name="random">Random numbers.</param>
    /// <param name="result">Side x side gray values 0 to 1, 0 outside the sector.</param>
    public static void Apply(ReadOnlySpan<byte> crop, int side, MultiCropOptions options, double blurProbability, double solarizeProbability, RandomStream random, Span<float> result)
    {
        Span<float> table = stackalloc float[Levels];
        BuildTable(crop, options, random, table);
        for (int i = 0; i < crop.Length; i++)
        {
            result[i] = table[crop[i]];
        }

        AddRamp(result, side, options.Ramp, random);
        AddNoise(crop, result, options, random);
        if (random.NextBoolean(blurProbability))
        {
            Blur(result, side, random.Uniform(options.BlurSigma.Low, options.BlurSigma.High), options.BlurKernel);
        }

        bool solarize = random.NextBoolean(solarizeProbability);
        for (int i = 0; i < crop.Length; i++)
        {
            float value = Math.Clamp(result[i], 0f, 1f);
            value = solarize && value >= 0.5f ? 1 - value : value;
            result[i] = crop[i] == 0 ? 0 : value;
        }
    }

    private static void BuildTable(ReadOnlySpan<byte> crop, MultiCropOptions options, RandomStream random, Span<float> table)
    {
        Span<int> histogram = stackalloc int[Levels];
        foreach (byte value in crop)
        {
            histogram[value]++;
        }

        for (int level = 0; level < Levels; level++)
        {
            table[level] = level / 255f;
        }

        if (random.NextBoolean(options.JitterProbability))
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

    private static void AddRamp(Span<float> values, int side, double amplitude, RandomStream random)
    {
        if (amplitude == 0)
        {
            return;
        }

        float slopeX = (float)random.Uniform(-amplitude, amplitude);
        float slopeY = (float)random.Uniform(-amplitude, amplitude);
        float step = side > 1 ? 2f / (side - 1) : 0;
        for (int y = 0; y < side; y++)
        {
            float added = slopeY * ((y * step) - 1);
            var row = values.Slice(y * side, side);
            for (int x = 0; x < side; x++)
            {
                row[x] = Math.Clamp(row[x] + added + (slopeX * ((x * step) - 1)), 0f, 1f);
            }
        }
    }

    private static void AddNoise(ReadOnlySpan<byte> crop, Span<float> values, MultiCropOptions options, RandomStream random)
    {
        double speckle = options.Speckle > 0 ? random.Uniform(0, options.Speckle) : 0;
        double noise = options.Noise > 0 ? random.Uniform(0, options.Noise) : 0;
        if (speckle == 0 && noise == 0)
        {
            return;
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (crop[i] > 0)
            {
                double value = values[i];
                value = speckle > 0 ? value * (1 + (speckle * random.NextNormal())) : value;
                value = noise > 0 ? value + (noise * random.NextNormal()) : value;
                values[i] = (float)Math.Clamp(value, 0, 1);
            }
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
