using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.SelfDistillation;

/// <summary>A rectangle of pixels of the source picture.</summary>
internal readonly record struct CropBox(int X, int Y, int Width, int Height)
{
    private const int Attempts = 10;

    /// <summary>
    /// Draws a random resized crop as torchvision's RandomResizedCrop.get_params does: the area is uniform, the aspect
    /// ratio log-uniform, ten attempts, then the largest central box of an allowed aspect ratio.
    /// </summary>
    /// <param name="image">The source picture.</param>
    /// <param name="area">Area as a share of the picture.</param>
    /// <param name="aspectRatio">Width over height.</param>
    /// <param name="centerInSector">Whether the centre must lie inside the sector; ten places are tried.</param>
    /// <param name="random">Random numbers.</param>
    public static CropBox Draw(SectorImage image, ValueRange area, ValueRange aspectRatio, bool centerInSector, RandomStream random)
    {
        double total = (double)image.Height * image.Width;
        (double logLow, double logHigh) = (Math.Log(aspectRatio.Low), Math.Log(aspectRatio.High));
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double target = total * random.Uniform(area.Low, area.High);
            double ratio = Math.Exp(random.Uniform(logLow, logHigh));
            int width = (int)Math.Round(Math.Sqrt(target * ratio), MidpointRounding.ToEven);
            int height = (int)Math.Round(Math.Sqrt(target / ratio), MidpointRounding.ToEven);
            if (width > 0 && width <= image.Width && height > 0 && height <= image.Height)
            {
                return Place(image, width, height, centerInSector, random);
            }
        }

        return Central(image, aspectRatio);
    }

    private static CropBox Place(SectorImage image, int width, int height, bool centerInSector, RandomStream random)
    {
        var pixels = image.Pixels.Span;
        CropBox box = default;
        for (int attempt = 0; attempt < (centerInSector ? Attempts : 1); attempt++)
        {
            int y = random.NextInt32(image.Height - height + 1);
            int x = random.NextInt32(image.Width - width + 1);
            box = new CropBox(x, y, width, height);
            if (pixels[((y + (height / 2)) * image.Width) + x + (width / 2)] > 0)
            {
                break;
            }
        }

        return box;
    }

    private static CropBox Central(SectorImage image, ValueRange aspectRatio)
    {
        double ratio = (double)image.Width / image.Height;
        (int width, int height) = ratio < aspectRatio.Low
            ? (image.Width, (int)Math.Round(image.Width / aspectRatio.Low, MidpointRounding.ToEven))
            : ratio > aspectRatio.High
                ? ((int)Math.Round(image.Height * aspectRatio.High, MidpointRounding.ToEven), image.Height)
                : (image.Width, image.Height);
        (width, height) = (Math.Clamp(width, 1, image.Width), Math.Clamp(height, 1, image.Height));
        return new CropBox((image.Width - width) / 2, (image.Height - height) / 2, width, height);
    }
}
