using System.Numerics;
using System.Runtime.Intrinsics;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.SelfDistillation;

/// <summary>A rectangle of pixels of the source picture.</summary>
internal readonly record struct CropBox(int X, int Y, int Width, int Height)
{
    private const int Attempts = 10;

    // A box of this merit meets all demands.
    private const double Met = 4;

    /// <summary>
    /// Draws a random resized crop as torchvision's RandomResizedCrop.get_params does: the area is uniform, the aspect
    /// ratio log-uniform, ten attempts, then the largest central box of an allowed aspect ratio.
    /// </summary>
    /// <remarks>
    /// Where a demand on the sector is made, up to ten places are tried for the box; when none meets it, the nearest to it is
    /// taken: a centre in the sector counts more than any share. Without one the pixels are not looked at.
    /// </remarks>
    /// <param name="image">The source picture.</param>
    /// <param name="area">Area as a share of the picture.</param>
    /// <param name="aspectRatio">Width over height.</param>
    /// <param name="demands">What the box must show of the sector.</param>
    /// <param name="random">Random numbers.</param>
    public static CropBox Draw(SectorImage image, ValueRange area, ValueRange aspectRatio, in SectorDemands demands, RandomStream random)
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
                return Place(image, width, height, demands, random);
            }
        }

        return Central(image, aspectRatio);
    }

    /// <summary>The share of the box's pixels whose gray is at least a level; from 1 on, that is the sector's share.</summary>
    public double ShareFrom(byte level, SectorImage image)
    {
        int count = 0;
        for (int y = Y; y < Y + Height; y++)
        {
            count += CountFrom(level, image.Pixels.Span.Slice((y * image.Width) + X, Width));
        }

        return count / ((double)Width * Height);
    }

    private static int CountFrom(byte level, ReadOnlySpan<byte> pixels)
    {
        var least = Vector256.Create(level);
        int count = 0;
        int i = 0;
        for (; i <= pixels.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var bright = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(in pixels[i]), least);
            count += BitOperations.PopCount(bright.ExtractMostSignificantBits());
        }

        for (; i < pixels.Length; i++)
        {
            count += pixels[i] >= level ? 1 : 0;
        }

        return count;
    }

    private static CropBox Place(SectorImage image, int width, int height, in SectorDemands demands, RandomStream random)
    {
        (CropBox best, double bestMerit) = (default, -1);
        for (int attempt = 0; attempt < (demands.Any ? Attempts : 1); attempt++)
        {
            int y = random.NextInt32(image.Height - height + 1);
            int x = random.NextInt32(image.Width - width + 1);
            var box = new CropBox(x, y, width, height);
            double merit = demands.Any ? box.Merit(image, demands) : Met;
            if (merit >= Met)
            {
                return box;
            }

            (best, bestMerit) = merit >= bestMerit ? (box, merit) : (best, bestMerit);
        }

        return best;
    }

    // Met if all demands are; else the nearer the better, the centre before the shares.
    private double Merit(SectorImage image, in SectorDemands demands)
    {
        bool centered = !demands.CenterInSector || image.Pixels.Span[((Y + (Height / 2)) * image.Width) + X + (Width / 2)] > 0;
        return (centered ? 2 : 0)
            + (demands.SectorShare > 0 ? Math.Min(1, ShareFrom(1, image) / demands.SectorShare) : 1)
            + (demands.TissueShare > 0 ? Math.Min(1, ShareFrom(demands.TissueLevel, image) / demands.TissueShare) : 1);
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
