using System.Globalization;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Testing.Scanner;

/// <summary>What a scanner draws around its image.</summary>
internal sealed class ScannerOverlay
{
    private static readonly string[] Names = ["DOE^JANE", "MRN 00482913", "Smith, John", "1957-03-12", "GENERAL HOSPITAL", "ID: 77-1204", "Dr. Who", "Sonographer KL", "12:31:07"];

    private readonly ScannerFan _fan;
    private readonly byte[] _isFan;
    private readonly int _width, _height;
    private readonly List<(string Text, Point At, double Scale, Scalar Color, int Thickness, LineTypes Line)> _words = [];
    private readonly bool _hasTrace, _hasTicks, _hasBar, _hasPanel;
    private readonly double _phase;
    private readonly Point _clock, _rate;
    private readonly double _scale;

    public ScannerOverlay(ScannerFan fan, byte[] isFan, int width, int height, string maker, RandomStream random)
    {
        (_fan, _isFan, _width, _height, Maker) = (fan, isFan, width, height, maker);
        _scale = Math.Max(0.3, height / 1100.0);
        _hasTrace = random.NextBoolean(0.6);
        _hasTicks = random.NextBoolean(0.7);
        _hasBar = random.NextBoolean(0.7);
        _hasPanel = random.NextBoolean(0.25);
        _phase = random.Uniform(0, 60);
        int count = 4 + random.NextInt32(8);
        for (int i = 0; i < count; i++)
        {
            Place(Names[random.NextInt32(Names.Length)], touching: false, random);
        }

        if (random.NextBoolean(0.3))
        {
            Place(Names[random.NextInt32(Names.Length)], touching: true, random);
        }

        Place(maker, touching: false, random);
        _clock = FreePlace("00:00:00", _scale, 1, touching: false, random);
        _rate = FreePlace("HR 000", _scale, 1, touching: false, random);
    }

    public string Maker { get; }

    public IReadOnlyList<string> Words => [.. _words.Select(word => word.Text)];

    public void Draw(Mat frame, int time)
    {
        if (_hasPanel)
        {
            Panel(frame);
        }

        if (_hasTicks)
        {
            Ticks(frame);
        }

        if (_hasBar)
        {
            Bar(frame);
        }

        if (_hasTrace)
        {
            Trace(frame, time);
        }

        foreach (var (text, at, scale, color, thickness, line) in _words)
        {
            Cv2.PutText(frame, text, at, HersheyFonts.HersheySimplex, scale, color, thickness, line);
        }

        Cv2.PutText(frame, string.Create(CultureInfo.InvariantCulture, $"10:2{time % 6}:{(time * 7) % 60:00}"), _clock, HersheyFonts.HersheyPlain, 2 * _scale, new Scalar(200, 255, 255));
        Cv2.PutText(frame, string.Create(CultureInfo.InvariantCulture, $"HR {60 + (time * 3 % 40)}"), _rate, HersheyFonts.HersheySimplex, _scale, new Scalar(60, 220, 60));
    }

    private void Place(string text, bool touching, RandomStream random)
    {
        double scale = _scale * random.Uniform(0.8, 1.6);
        int thickness = 1 + random.NextInt32(2);
        byte level = (byte)(90 + random.NextInt32(166));
        var color = random.NextInt32(4) switch { 0 => new Scalar(255, 120, 40), 1 => new Scalar(40, 220, 240), _ => new Scalar(level, level, level) };
        _words.Add((text, FreePlace(text, scale, thickness, touching, random), scale, color, thickness, random.NextBoolean(0.5) ? LineTypes.AntiAlias : LineTypes.Link8));
    }

    // A place whose box lies outside the fan; touching: one whose box just overlaps it.
    private Point FreePlace(string text, double scale, int thickness, bool touching, RandomStream random)
    {
        var size = Cv2.GetTextSize(text, HersheyFonts.HersheySimplex, scale, thickness, out int baseline);
        var place = new Point(2, size.Height + 2);
        for (int attempt = 0; attempt < 400; attempt++)
        {
            var at = new Point(random.NextInt32(Math.Max(1, _width - size.Width)), size.Height + random.NextInt32(Math.Max(1, _height - size.Height - baseline)));
            int covered = Covered(at.X, at.Y - size.Height, size.Width, size.Height + baseline);
            bool fits = touching ? covered > 0 && covered < 0.12 * size.Width * size.Height : covered == 0;
            if (fits)
            {
                return at;
            }
        }

        return place;
    }

    private int Covered(int left, int top, int width, int height)
    {
        int covered = 0;
        for (int y = Math.Max(0, top); y < Math.Min(_height, top + height); y++)
        {
            for (int x = Math.Max(0, left); x < Math.Min(_width, left + width); x++)
            {
                covered += _isFan[(y * _width) + x] != 0 ? 1 : 0;
            }
        }

        return covered;
    }

    private void Panel(Mat frame)
    {
        // As deep as fits above the fan.
        int first = 0;
        while (first < _height && !_isFan.AsSpan(first * _width, _width).ContainsAnyExcept((byte)0))
        {
            first++;
        }

        if (first > 16)
        {
            Cv2.Rectangle(frame, new Rect(0, 0, _width, Math.Min(first - 6, 40)), new Scalar(90, 60, 30), -1);
        }
    }

    private void Ticks(Mat frame)
    {
        int x = _width - 8;
        for (int y = 10; y < _height - 10; y += _height / 24)
        {
            if (Covered(x - 2, y - 1, 8, 3) == 0)
            {
                Cv2.Line(frame, new Point(x, y), new Point(x + 5, y), new Scalar(255, 255, 255));
            }
        }
    }

    private void Bar(Mat frame)
    {
        int height = _height / 4, width = Math.Max(6, _width / 50), left = _width - (3 * width), top = _height / 12;
        if (Covered(left - 2, top - 2, width + 4, height + 4) > 0)
        {
            return;
        }

        for (int y = 0; y < height; y++)
        {
            byte level = (byte)(255 - (255 * y / height));
            Cv2.Line(frame, new Point(left, top + y), new Point(left + width, top + y), new Scalar(level, level, level));
        }
    }

    private void Trace(Mat frame, int time)
    {
        int bottom = _height - 6, run = (int)((time + 1) * _width / 10.0);
        Point? last = null;
        for (int x = 4; x < Math.Min(_width - 4, Math.Max(run, _width / 3)); x++)
        {
            double beat = (x + _phase) % 90;
            int y = bottom - (beat < 4 ? (int)(beat * _height / 60) : beat < 8 ? (int)((8 - beat) * _height / 60) : 0);
            bool free = _isFan[(Math.Clamp(y, 0, _height - 1) * _width) + x] == 0;
            if (free && last is { } from)
            {
                Cv2.Line(frame, from, new Point(x, y), new Scalar(40, 230, 40));
            }

            last = free ? new Point(x, y) : null;
        }
    }
}
