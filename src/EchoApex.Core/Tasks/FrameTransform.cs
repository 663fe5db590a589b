// S side of the square input.
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tasks;

/// <summary>
/// One draw of <see cref="FrameAugmentationOptions"/>: a similarity and a change of gray values that can be laid on one frame or
/// on all frames of a clip.
/// </summary>
public sealed class FrameTransform
{
    private readonly int _side;
    private readonly double _a;
    private readonly double _b;
    private readonly double _shiftX;
    private readonly double _shiftY;
    private readonly byte[]? _gray;
    private readonly double _noise;

    private FrameTransform(int side, double a, double b, double shiftX, double shiftY, byte[]? gray, double noise) =>
        (_side, _a, _b, _shiftX, _shiftY, _gray, _noise) = (side, a, b, shiftX, shiftY, gray, noise);

    /// <summary>Leaves frames as they are.</summary>
    /// <param name="side">S, the side of the input.</param>
    public static FrameTransform None(int side) => new(side, 1, 0, 0, 0, null, 0);

    /// <summary>Draws a transform.</summary>
    /// <param name="options">Its limits.</param>
    /// <param name="side">S, the side of the input.</param>
    /// <param name="random">The stream; six numbers are drawn whatever the options.</param>
    public static FrameTransform Draw(FrameAugmentationOptions options, int side, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(side);
        double angle = random.Uniform(-1, 1) * options.RotationDegrees * Math.PI / 180;
        double scale = Math.Exp(random.Uniform(Math.Log(options.Scale.Low), Math.Log(options.Scale.High)));
        double shiftX = random.Uniform(-1, 1) * options.Shift * side;
        double shiftY = random.Uniform(-1, 1) * options.Shift * side;
        double gamma = Math.Exp(random.Uniform(-1, 1) * options.LogGamma);
        double contrast = Math.Exp(random.Uniform(-1, 1) * options.LogContrast);
        double offset = random.Uniform(-1, 1) * options.Offset;
        double noise = random.NextDouble() * options.Noise;
        return new FrameTransform(side, scale * Math.Cos(angle), scale * Math.Sin(angle), shiftX, shiftY, GrayMap(gamma, contrast, offset), noise);
    }

    /// <summary>Where a place of the frame goes.</summary>
    public ImagePoint Map(ImagePoint point)
    {
        double middle = (_side - 1) / 2.0;
        double x = point.X - middle;
        double y = point.Y - middle;
        return new ImagePoint((_a * x) - (_b * y) + middle + _shiftX, (_b * x) + (_a * y) + middle + _shiftY);
    }

    /// <summary>Lays the transform on a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="random">The stream of the noise.</param>
    /// <param name="pixels_SS">Receives gray bytes, 0 outside the sector.</param>
    /// <param name="inside_SS">Receives 255 in the sector, 0 outside.</param>
    /// <param name="mask_SS">Receives labels, 0 where the frame has no mask; may be empty if none are wanted.</param>
    public void Apply(PreparedFrame frame, RandomStream random, Span<byte> pixels_SS, Span<byte> inside_SS, Span<byte> mask_SS)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(random);
        int area = _side * _side;
        if (frame.Side != _side || pixels_SS.Length != area || inside_SS.Length != area || (mask_SS.Length != area && mask_SS.Length != 0))
        {
            throw new ArgumentException($"A transform of side {_side} needs {area} bytes and a frame of that side; got {frame.Side}, {pixels_SS.Length}, {inside_SS.Length}, {mask_SS.Length}.", nameof(frame));
        }

        Resample(frame, pixels_SS, inside_SS, mask_SS);
        if (_noise > 0)
        {
            AddNoise(random, pixels_SS, inside_SS);
        }
    }

    // The target asks the source: the inverse of the similarity, divided by its squared scale.
    private void Resample(PreparedFrame frame, Span<byte> pixels, Span<byte> inside, Span<byte> mask)
    {
        double squared = (_a * _a) + (_b * _b);
        double a = _a / squared;
        double b = _b / squared;
        double middle = (_side - 1) / 2.0;
        for (int row = 0, target = 0; row < _side; row++)
        {
            double y = row - middle - _shiftY;
            double sourceX = (a * (-middle - _shiftX)) + (b * y) + middle;
            double sourceY = (-b * (-middle - _shiftX)) + (a * y) + middle;
            for (int column = 0; column < _side; column++, target++, sourceX += a, sourceY -= b)
            {
                int nearestX = (int)Math.Round(sourceX);
                int nearestY = (int)Math.Round(sourceY);
                bool exists = (uint)nearestX < (uint)_side && (uint)nearestY < (uint)_side && frame.Inside[(nearestY * _side) + nearestX] != 0;
                inside[target] = exists ? (byte)255 : (byte)0;
                pixels[target] = exists ? Gray(frame.Pixels, sourceX, sourceY) : (byte)0;
                if (!mask.IsEmpty)
                {
                    mask[target] = exists && frame.Mask is { } labels ? labels[(nearestY * _side) + nearestX] : (byte)0;
                }
            }
        }
    }

    private byte Gray(byte[] pixels, double x, double y)
    {
        x = Math.Clamp(x, 0, _side - 1);
        y = Math.Clamp(y, 0, _side - 1);
        int left = Math.Min((int)x, _side - 2);
        int top = Math.Min((int)y, _side - 2);
        double u = x - left;
        double v = y - top;
        int place = (top * _side) + left;
        double upper = pixels[place] + (u * (pixels[place + 1] - pixels[place]));
        double lower = pixels[place + _side] + (u * (pixels[place + _side + 1] - pixels[place + _side]));
        byte value = (byte)(upper + (v * (lower - upper)) + .5);
        return _gray is null ? value : _gray[value];
    }

    private void AddNoise(RandomStream random, Span<byte> pixels, ReadOnlySpan<byte> inside)
    {
        float[] noise = new float[pixels.Length];
        random.FillNoise(noise);
        float deviation = (float)(255 * _noise);
        for (int i = 0; i < pixels.Length; i++)
        {
            if (inside[i] != 0)
            {
                pixels[i] = (byte)Math.Clamp(pixels[i] + (deviation * noise[i]) + .5f, 0, 255);
            }
        }
    }

    private static byte[] GrayMap(double gamma, double contrast, double offset)
    {
        byte[] map = new byte[256];
        for (int value = 0; value < 256; value++)
        {
            double curved = Math.Pow(value / 255.0, gamma);
            map[value] = (byte)Math.Clamp(Math.Round(255 * (((curved - .5) * contrast) + .5 + offset)), 0, 255);
        }

        return map;
    }
}
