using EchoApex.Core.Runtime;

namespace EchoApex.Testing.Scanner;

/// <summary>The form of a fan on a canvas, drawn by its own rules: a test of the fit must not share its code.</summary>
public sealed record ScannerFan(string Kind, double ApexX, double ApexY, double Left, double Right, double Near, double Far, double CutLeft, double CutRight, double Top, double Bottom, bool Inverted, int Height)
{
    /// <summary>The kinds in turn.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["sector", "sector", "sector cut", "curved", "sector flat", "trapezoid", "rectangle", "sector inverted", "curved cut", "sector steered"];

    /// <summary>A fan of one kind at a random place of a canvas.</summary>
    public static ScannerFan Draw(string kind, int width, int height, RandomStream random)
    {
        double margin = random.Uniform(0.02, 0.1) * height;
        double bottom = random.Uniform(0.84, 0.98) * height;
        double half = random.Uniform(30, 50) * Math.PI / 180;
        double x = width * random.Uniform(0.44, 0.56);
        double depth = bottom - margin;
        double far = Math.Min(depth, 0.47 * width / Math.Sin(half));
        var fan = new ScannerFan(kind, x, margin, half, half, random.Uniform(0, 0.04) * far, far, 0, width, 0, height, false, height);
        switch (kind)
        {
            case "curved" or "curved cut":
            {
                double angle = random.Uniform(25, 38) * Math.PI / 180;
                double near = random.Uniform(0.2, 0.4);
                double reach = Math.Min(depth / (1 - (near * Math.Cos(angle))), 0.46 * width / Math.Sin(angle));
                fan = fan with { Left = angle, Right = angle, Near = near * reach, Far = reach, ApexY = margin - (near * reach * Math.Cos(angle)) };
                return kind == "curved" ? fan : fan with { CutLeft = x - (0.8 * reach * Math.Sin(angle)), CutRight = x + (0.82 * reach * Math.Sin(angle)) };
            }

            case "sector cut":
                return fan with { CutLeft = x - (random.Uniform(0.7, 0.9) * far * Math.Sin(half)), CutRight = x + (random.Uniform(0.7, 0.9) * far * Math.Sin(half)) };
            case "sector flat":
                return fan with { Bottom = margin + (random.Uniform(0.86, 0.95) * far), Top = margin + (random.Uniform(0.02, 0.06) * far) };
            case "sector inverted":
                return fan with { Inverted = true };
            case "sector steered":
                return fan with { Left = half * random.Uniform(0.5, 0.7), Right = half };
            case "trapezoid":
            {
                double angle = random.Uniform(10, 24) * Math.PI / 180;
                double above = random.Uniform(0.5, 0.9) * height;
                double reach = Math.Min(depth, (0.46 * width / Math.Tan(angle)) - above);
                return fan with { Left = angle, Right = angle, ApexY = margin - above, Near = 0, Far = 1e6, Top = margin, Bottom = margin + reach };
            }

            case "rectangle":
                return fan with
                {
                    Left = 1.5, Right = 1.5, ApexY = -1e6, Near = 0, Far = 1e9, Top = margin, Bottom = bottom,
                    CutLeft = x - (random.Uniform(0.2, 0.38) * width), CutRight = x + (random.Uniform(0.2, 0.38) * width),
                };
            default:
                return fan;
        }
    }

    /// <summary>Whether a pixel's centre lies in the fan.</summary>
    public bool Contains(int x, int y)
    {
        double row = Inverted ? Height - 1 - y : y;
        double across = x - ApexX, down = row - ApexY;
        double radius = Math.Sqrt((across * across) + (down * down));
        double angle = Math.Atan2(across, down);
        return down > 0 && radius >= Near && radius <= Far && angle >= -Left && angle <= Right
            && x >= CutLeft && x <= CutRight && row >= Top && row <= Bottom;
    }

    /// <summary>Depth of a pixel, 0 at the near and 1 at the far end.</summary>
    public double Depth(int x, int y)
    {
        double row = Inverted ? Height - 1 - y : y;
        double near = Math.Max(Top, ApexY + Near), far = Math.Min(Bottom, ApexY + Far);
        return Math.Clamp((row - near) / (far - near), 0, 1);
    }
}
