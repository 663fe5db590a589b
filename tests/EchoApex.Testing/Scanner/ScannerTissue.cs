using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Testing.Scanner;

/// <summary>Speckle in a fan: smooth tissue, dark chambers that beat, a shadow, gain that falls off, a colour box.</summary>
internal sealed class ScannerTissue
{
    private const int Tile = 256;
    private readonly float[] _gain, _speckle, _angle;
    private readonly byte[] _isFan;
    private readonly int _width, _height;
    private readonly double _lumenX, _lumenY, _lumenRadius, _noise;
    private readonly RandomStream _random;
    private readonly Rect _box;

    public ScannerTissue(ScannerFan fan, byte[] isFan, int width, int height, bool dim, RandomStream random)
    {
        (_isFan, _width, _height, _random) = (isFan, width, height, random);
        _speckle = new float[Tile * Tile];
        for (int i = 0; i < _speckle.Length; i++)
        {
            double a = random.NextNormal(), b = random.NextNormal();
            _speckle[i] = (float)Math.Sqrt((a * a) + (b * b));
        }

        float[] coarse = new float[9 * 9];
        random.FillUniform(coarse, 15, 90);
        using var small = Mat.FromPixelData(9, 9, MatType.CV_32FC1, coarse);
        using var large = new Mat();
        Cv2.Resize(small, large, new Size(width, height), 0, 0, InterpolationFlags.Linear);
        large.GetArray(out _gain);
        double shadow = random.Uniform(-0.4, 0.4), shadowWidth = random.NextBoolean(0.4) && fan.Kind != "rectangle" ? random.Uniform(0.03, 0.08) : 0;
        _angle = new float[width * height];
        for (int i = 0; i < _gain.Length; i++)
        {
            int x = i % width, y = i / width;
            double depth = fan.Depth(x, y);
            double angle = Math.Atan2(x - fan.ApexX, (fan.Inverted ? height - 1 - y : y) - fan.ApexY);
            double fall = dim ? Math.Max(0, 1.1 - (1.3 * depth)) * (angle < -0.3 ? 0.05 : 1) : 1 - (0.5 * depth);
            _gain[i] *= (float)(fall * (Math.Abs(angle - shadow) < shadowWidth && depth > 0.3 ? 0.04 : 1));
            _angle[i] = (float)angle;
        }

        _lumenX = fan.ApexX + random.Uniform(-0.05, 0.05) * width;
        _lumenY = height * random.Uniform(0.4, 0.6);
        _lumenRadius = random.Uniform(0.08, 0.16) * height;
        _noise = dim ? 0 : random.Uniform(0, 12);
        _box = new Rect((int)(_lumenX - (0.1 * width)), (int)_lumenY, (int)(0.2 * width), (int)(0.2 * height));
    }

    public void Draw(Mat frame, int time, bool still, bool color)
    {
        int shiftX = still ? 0 : _random.NextInt32(Tile), shiftY = still ? 0 : _random.NextInt32(Tile);
        double radius = _lumenRadius * (1 + (0.2 * Math.Sin(time)));
        Vec3b[] pixels = new Vec3b[_width * _height];
        for (int i = 0; i < pixels.Length; i++)
        {
            if (_isFan[i] == 0)
            {
                continue;
            }

            int x = i % _width, y = i / _width;
            double dx = (x - _lumenX) / radius, dy = (y - _lumenY) / (1.6 * radius);
            double lumen = (dx * dx) + (dy * dy) < 1 ? 0.05 : 1;
            float speckle = _speckle[(((y + shiftY) % Tile) * Tile) + ((x + shiftX) % Tile)];
            double value = (_gain[i] * lumen * speckle) + (_noise * _speckle[(((y + shiftX) % Tile) * Tile) + ((x + shiftY + 97) % Tile)] * 0.5);
            byte gray = (byte)Math.Clamp(value, 0, 255);
            bool flow = color && _box.Contains(x, y) && speckle > 1.3;
            pixels[i] = flow ? new Vec3b((byte)(speckle > 2 ? 220 : 0), 20, (byte)(speckle > 2 ? 0 : 220)) : new Vec3b(gray, gray, gray);
        }

        frame.SetArray(pixels);
        if (color)
        {
            Cv2.Rectangle(frame, _box, new Scalar(255, 255, 255));
        }
    }
}
