using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>One structure of a mask in mm (or in pixels of one size): its largest connected part, as a function of the place.</summary>
internal sealed class CavityShape
{
    private const int SmallestArea = 16;
    private readonly bool[] _inside;
    private readonly int _height;
    private readonly int _width;
    private readonly double _xMm;
    private readonly double _yMm;

    public CavityShape(LabelMask mask, byte label, PixelSpacing spacing)
    {
        (_height, _width, _xMm, _yMm) = (mask.Height, mask.Width, spacing.XMm, spacing.YMm);
        _inside = LargestPart(mask, label);
        var points = new List<(double X, double Y)>();
        for (int i = 0; i < _inside.Length; i++)
        {
            if (_inside[i])
            {
                points.Add((i % _width * _xMm, i / _width * _yMm));
            }
        }

        if (points.Count == 0)
        {
            throw new MeasurementRefusedException(MeasurementRefusal.EmptyMask, $"The mask has no pixel of value {label}: there is no ventricle to measure. Choose a frame that shows it.");
        }

        if (points.Count < SmallestArea)
        {
            throw new MeasurementRefusedException(MeasurementRefusal.TooSmall, $"The ventricle has {points.Count} pixels; the method of discs needs at least {SmallestArea}. Use a larger mask.");
        }

        Points = points;
    }

    /// <summary>Centres of its pixels.</summary>
    public IReadOnlyList<(double X, double Y)> Points { get; }

    /// <summary>A length that no pixel is smaller than.</summary>
    public double Step => Math.Min(_xMm, _yMm);

    /// <summary>The place of a pixel coordinate.</summary>
    public (double X, double Y) ToMm(ImagePoint point) => (point.X * _xMm, point.Y * _yMm);

    /// <summary>The pixel coordinate of a place.</summary>
    public ImagePoint ToPixel((double X, double Y) place) => new(place.X / _xMm, place.Y / _yMm);

    /// <summary>How much of the structure is at a place, 0 to 1, between pixel centres bilinear.</summary>
    public double At(double xMm, double yMm)
    {
        double x = xMm / _xMm, y = yMm / _yMm;
        int left = (int)Math.Floor(x), top = (int)Math.Floor(y);
        double u = x - left, v = y - top;
        double upper = ((1 - u) * Pixel(left, top)) + (u * Pixel(left + 1, top));
        double lower = ((1 - u) * Pixel(left, top + 1)) + (u * Pixel(left + 1, top + 1));
        return ((1 - v) * upper) + (v * lower);
    }

    private double Pixel(int x, int y) => (uint)x < (uint)_width && (uint)y < (uint)_height && _inside[(y * _width) + x] ? 1 : 0;

    // A flood fill over neighbours that share an edge.
    private static bool[] LargestPart(LabelMask mask, byte label)
    {
        var labels = mask.Labels.Span;
        int[] part = new int[labels.Length];
        int parts = 0, largest = 0, largestSize = 0;
        var open = new Stack<int>();
        for (int start = 0; start < labels.Length; start++)
        {
            if (labels[start] != label || part[start] != 0)
            {
                continue;
            }

            part[start] = ++parts;
            open.Push(start);
            int size = 0;
            while (open.TryPop(out int place))
            {
                size++;
                int column = place % mask.Width;
                Visit(place - mask.Width, true, labels);
                Visit(place + mask.Width, true, labels);
                Visit(place - 1, column > 0, labels);
                Visit(place + 1, column < mask.Width - 1, labels);
            }

            (largest, largestSize) = size > largestSize ? (parts, size) : (largest, largestSize);
        }

        return [.. part.Select(number => number != 0 && number == largest)];

        void Visit(int place, bool exists, ReadOnlySpan<byte> values)
        {
            if (exists && (uint)place < (uint)part.Length && values[place] == label && part[place] == 0)
            {
                part[place] = parts;
                open.Push(place);
            }
        }
    }
}
