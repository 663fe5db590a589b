using EchoApex.Core.Imaging.Augmentation;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// The references' changes of a crop's pixels, 8 bits between the steps (dino main_dino.py, DataAugmentationDINO; dinov2
/// data/augmentations.py). Saturation, hue and grayscale leave a gray picture exactly as it is, in three channels as in one;
/// their random numbers are drawn all the same, so that both give the same picture.
/// </summary>
internal static class ReferenceAugmentation
{
    private const int Steps = 4;

    /// <param name="crop">side x side x channels bytes, changed in place.</param>
    /// <param name="side">Side of the crop.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="options">What to change and how far.</param>
    /// <param name="blurProbability">Probability of blur for this crop.</param>
    /// <param name="solarizeProbability">Probability of solarization for this crop.</param>
    /// <param name="random">Random numbers.</param>
    public static void Apply(Span<byte> crop, int side, int channels, MultiCropOptions options, double blurProbability, double solarizeProbability, RandomStream random)
    {
        if (random.NextBoolean(options.JitterProbability))
        {
            Jitter(crop, channels, options, random);
        }

        if (random.NextBoolean(options.GrayscaleProbability))
        {
            ColorAdjustments.Grayscale(crop, channels, crop);
        }

        if (random.NextBoolean(blurProbability))
        {
            Blur(crop, side, channels, options, random);
        }

        if (random.NextBoolean(solarizeProbability))
        {
            ColorAdjustments.Solarize(crop, crop);
        }
    }

    // torchvision's ColorJitter: the order first, then the four factors.
    private static void Jitter(Span<byte> crop, int channels, MultiCropOptions options, RandomStream random)
    {
        Span<int> order = stackalloc int[Steps] { 0, 1, 2, 3 };
        random.Shuffle(order);
        double brightness = random.Uniform(1 - options.Brightness, 1 + options.Brightness);
        double contrast = random.Uniform(1 - options.Contrast, 1 + options.Contrast);
        double saturation = random.Uniform(1 - options.Saturation, 1 + options.Saturation);
        double hue = random.Uniform(-options.Hue, options.Hue);
        foreach (int step in order)
        {
            switch (step)
            {
                case 0:
                    ColorAdjustments.Brightness(crop, brightness, crop);
                    break;
                case 1:
                    ColorAdjustments.Contrast(crop, channels, contrast, crop);
                    break;
                case 2:
                    ColorAdjustments.Saturation(crop, channels, saturation, crop);
                    break;
                default:
                    HueShift.Apply(crop, channels, hue, crop);
                    break;
            }
        }
    }

    private static void Blur(Span<byte> crop, int side, int channels, MultiCropOptions options, RandomStream random)
    {
        double sigma = random.Uniform(options.BlurSigma.Low, options.BlurSigma.High);
        if (options.BlurKernel == 0)
        {
            BoxGaussianBlur.Apply(crop, side, side, channels, sigma, crop);
        }
        else
        {
            KernelGaussianBlur.Apply(crop, side, side, channels, options.BlurKernel, sigma, crop);
        }
    }
}
