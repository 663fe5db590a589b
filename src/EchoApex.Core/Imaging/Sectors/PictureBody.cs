using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// Separates the ultrasound picture from what is drawn beside it, by brightness alone, so that still clips are treated like
/// moving ones: text, traces and scales are thin, bars and panels are smooth, the picture is dense and grainy.
/// </summary>
internal sealed class PictureBody
{
    private const double LeastDensity = 0.5;
    private const double LeastGrain = 0.3;
    private const double LeastJoinedShare = 0.02;

    private PictureBody(byte[] lit, byte[] grain, byte[] body, PictureBackground background, bool moves) =>
        (Lit, Grain, Body, Background, Moves) = (lit, grain, body, background, moves);

    /// <summary>255 where a pixel was ever brighter than the background.</summary>
    public byte[] Lit { get; }

    /// <summary>255 where a lit pixel changes, or in still clips differs from its neighbours: what is drawn falls out, but for its rims.</summary>
    public byte[] Grain { get; }

    /// <summary>255 in the picture, roughly: thin structures are gone, small holes filled. All zero when there is none.</summary>
    public byte[] Body { get; }

    /// <summary>What the picture is drawn on.</summary>
    public PictureBackground Background { get; }

    /// <summary>Whether most of what is lit changes, so that the picture was told from drawings by motion.</summary>
    public bool Moves { get; }

    /// <summary>Finds the picture.</summary>
    /// <param name="statistics">What the frames hold in common.</param>
    /// <param name="bound">Where to look.</param>
    /// <param name="onlyLargest">Whether parts beside the largest are left out.</param>
    public static PictureBody Find(ClipStatistics statistics, Rect bound, bool onlyLargest)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        var background = PictureBackground.Of(statistics);
        int threshold = background.Threshold;
        byte[] lit = new byte[width * height];
        for (int y = bound.Top; y < bound.Bottom; y++)
        {
            for (int x = bound.Left; x < bound.Right; x++)
            {
                int i = (y * width) + x;
                lit[i] = statistics.Brightest[i] - background.Level > threshold ? (byte)255 : (byte)0;
            }
        }

        bool moves = IsMoving(lit, statistics);
        byte[] grain = FindGrain(lit, statistics, moves, threshold);
        byte[] body = background.IsFound ? Extract(grain, statistics, onlyLargest) : new byte[lit.Length];
        return new PictureBody(lit, grain, body, background, moves);
    }

    // Lit pixels that change in time or differ from their neighbours: panels and bars fall out, but for their rims.
    private static byte[] FindGrain(byte[] lit, ClipStatistics statistics, bool moves, int threshold)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        using var bright = Mat.FromPixelData(height, width, MatType.CV_8UC1, statistics.Brightest);
        using var dark = Mat.FromPixelData(height, width, MatType.CV_8UC1, statistics.Darkest);
        using var square = Cv2.GetStructuringElement(MorphShapes.Rect, new Size(3, 3));
        using var range = new Mat();
        Cv2.MorphologyEx(bright, range, MorphTypes.Gradient, square);
        using var change = new Mat();
        Cv2.Subtract(bright, dark, change);
        using var either = new Mat();
        Cv2.Max(range, change, either);
        either.GetArray(out byte[] values);
        change.GetArray(out byte[] motion);
        byte[] grain = new byte[lit.Length];
        for (int i = width; i < grain.Length - width; i++)
        {
            bool isGrain = moves ? motion[i] >= Math.Min(3, threshold) : values[i] >= Math.Min(2, threshold) && !IsStroke(statistics.Brightest, i, width);
            grain[i] = lit[i] != 0 && isGrain ? (byte)255 : (byte)0;
        }

        return grain;
    }

    // Whether most of what is lit changes: then what does not is drawn.
    private static bool IsMoving(byte[] lit, ClipStatistics statistics)
    {
        int all = 0, moving = 0;
        for (int i = 0; i < lit.Length; i++)
        {
            all += lit[i] != 0 ? 1 : 0;
            moving += lit[i] != 0 && statistics.Brightest[i] - statistics.Darkest[i] > 8 ? 1 : 0;
        }

        return moving > 0.5 * all;
    }

    // Letters are of one colour: a bright pixel with several neighbours of exactly its value.
    private static bool IsStroke(byte[] values, int i, int width)
    {
        byte value = values[i];
        if (value < 50)
        {
            return false;
        }

        int same = 0;
        foreach (int step in new[] { 1, width - 1, width, width + 1 })
        {
            same += (values[Math.Max(0, i - step)] == value ? 1 : 0) + (values[Math.Min(values.Length - 1, i + step)] == value ? 1 : 0);
        }

        return same >= 2;
    }

    private static byte[] Extract(byte[] lit, ClipStatistics statistics, bool onlyLargest)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        int window = Math.Max(5, (Math.Min(width, height) / 64) | 1);
        int opening = Math.Max(5, (Math.Min(width, height) / 40) | 1);
        using var litMat = Mat.FromPixelData(height, width, MatType.CV_8UC1, lit);
        using var density = new Mat();
        Cv2.BoxFilter(litMat, density, -1, new Size(window, window), borderType: BorderTypes.Constant);
        using var dense = new Mat();
        Cv2.Threshold(density, dense, LeastDensity * 255, 255, ThresholdTypes.Binary);
        FillHoles(dense);
        using var kernel = Cv2.GetStructuringElement(MorphShapes.Ellipse, new Size(opening, opening));
        using var opened = new Mat();
        Cv2.MorphologyEx(dense, opened, MorphTypes.Open, kernel);
        using var labels = new Mat();
        using var stats = new Mat();
        using var centres = new Mat();
        int count = Cv2.ConnectedComponentsWithStats(opened, labels, stats, centres);
        labels.GetArray(out int[] label);
        byte[] keep = Choose(label, count, statistics, onlyLargest);
        byte[] body = new byte[label.Length];
        for (int i = 0; i < body.Length; i++)
        {
            body[i] = keep[label[i]];
        }

        return body;
    }

    // Chambers and shadows are dark: the bridges of tissue beside them must not fall to the opening.
    private static void FillHoles(Mat mask)
    {
        Cv2.FindContours(mask, out Point[][] contours, out _, RetrievalModes.External, ContourApproximationModes.ApproxNone);
        Cv2.DrawContours(mask, contours, -1, Scalar.White, -1);
    }

    // The largest grainy part, weighted by how much of it moves, and the grainy parts beside it.
    private static byte[] Choose(int[] label, int count, ClipStatistics statistics, bool onlyLargest)
    {
        int[] area = new int[count], grain = new int[count], motion = new int[count];
        var (bright, dark, width) = (statistics.Brightest, statistics.Darkest, statistics.Width);
        for (int i = width; i < label.Length; i++)
        {
            int part = label[i];
            if (part == 0)
            {
                continue;
            }

            area[part]++;
            motion[part] += bright[i] - dark[i] > 8 ? 1 : 0;
            grain[part] += bright[i] != bright[i - 1] && bright[i] != bright[i - width] ? 1 : 0;
        }

        bool IsGrainy(int part) => area[part] > 0 && grain[part] >= LeastGrain * area[part];
        double Weight(int part) => area[part] * (0.25 + (motion[part] / (double)Math.Max(1, area[part])));
        byte[] keep = new byte[count];
        int largest = Enumerable.Range(1, count - 1).Where(IsGrainy).DefaultIfEmpty(0).MaxBy(part => part == 0 ? -1 : Weight(part));
        if (largest == 0)
        {
            return keep;
        }

        double moves = motion[largest] / (double)area[largest];
        for (int part = 1; part < count; part++)
        {
            bool joins = !onlyLargest && IsGrainy(part) && area[part] >= LeastJoinedShare * area[largest]
                && motion[part] / (double)Math.Max(1, area[part]) >= 0.5 * moves;
            keep[part] = part == largest || joins ? (byte)255 : (byte)0;
        }

        return keep;
    }
}
