using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>The separate parts of what is lit, dense and wide, at half the resolution, and which of them are the picture.</summary>
internal sealed class PictureParts
{
    private const double LeastGrain = 0.3;
    private const double LeastJoinedShare = 0.02;

    private readonly int[] _label;
    private readonly int _rows, _columns;
    private readonly int[] _area, _grain, _motion;

    private PictureParts(int[] label, int rows, int columns, int count)
    {
        (_label, _rows, _columns) = (label, rows, columns);
        (_area, _grain, _motion) = (new int[count], new int[count], new int[count]);
        (Joined, Largest) = (new byte[count], new byte[count]);
    }

    /// <summary>255 for each part that is the picture's largest, or grainy and moving like it.</summary>
    public byte[] Joined { get; }

    /// <summary>255 for the largest alone.</summary>
    public byte[] Largest { get; }

    public static PictureParts Of(Mat half, ClipStatistics statistics)
    {
        using var labels = new Mat();
        int count = Cv2.ConnectedComponents(half, labels);
        labels.GetArray(out int[] label);
        var parts = new PictureParts(label, half.Rows, half.Cols, count);
        parts.Measure(statistics);
        parts.Choose();
        return parts;
    }

    /// <summary>Height x Width bytes: 255 in the parts that are kept.</summary>
    public byte[] Draw(byte[] keep, int width, int height)
    {
        byte[] body = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            var from = _label.AsSpan(y / 2 * _columns, _columns);
            var to = body.AsSpan(y * width, width);
            for (int x = 0; x < to.Length; x++)
            {
                to[x] = keep[from[x / 2]];
            }
        }

        return body;
    }

    // One pixel of every four is looked at.
    private void Measure(ClipStatistics statistics)
    {
        var (bright, dark, width) = (statistics.Brightest, statistics.Darkest, statistics.Width);
        for (int y = 1; y < _rows && 2 * y < statistics.Height; y++)
        {
            for (int x = 1; x < _columns && 2 * x < width; x++)
            {
                int part = _label[(y * _columns) + x], i = (2 * y * width) + (2 * x);
                if (part != 0)
                {
                    _area[part]++;
                    _motion[part] += bright[i] - dark[i] > 8 ? 1 : 0;
                    _grain[part] += bright[i] != bright[i - 1] && bright[i] != bright[i - width] ? 1 : 0;
                }
            }
        }
    }

    // The largest grainy part, weighted by how much of it moves, and the grainy parts beside it.
    private void Choose()
    {
        bool IsGrainy(int part) => _area[part] > 0 && _grain[part] >= LeastGrain * _area[part];
        double Moving(int part) => _motion[part] / (double)Math.Max(1, _area[part]);
        int largest = Enumerable.Range(1, _area.Length - 1).Where(IsGrainy).DefaultIfEmpty(0).MaxBy(part => part == 0 ? -1 : _area[part] * (0.25 + Moving(part)));
        if (largest == 0)
        {
            return;
        }

        Largest[largest] = 255;
        for (int part = 1; part < _area.Length; part++)
        {
            bool joins = IsGrainy(part) && _area[part] >= LeastJoinedShare * _area[largest] && Moving(part) >= 0.5 * Moving(largest);
            Joined[part] = part == largest || joins ? (byte)255 : (byte)0;
        }
    }
}
