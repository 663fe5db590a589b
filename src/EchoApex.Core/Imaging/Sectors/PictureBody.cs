using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// Separates the ultrasound picture from what is drawn beside it, by brightness alone, so that still clips are treated like
/// moving ones: text, traces and scales are thin, bars and panels are smooth, the picture is dense and grainy.
/// </summary>
internal sealed class PictureBody
{
    private const double LeastDensity = 0.5;

    private readonly PictureParts? _parts;

    private PictureBody(byte[] lit, byte[] grain, byte[] body, PictureBackground background, bool moves, PictureParts? parts) =>
        (Lit, Grain, Body, Background, Moves, _parts) = (lit, grain, body, background, moves, parts);

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
    public static PictureBody Find(ClipStatistics statistics, Rect bound)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        var background = PictureBackground.Of(statistics);
        byte[] lit = new byte[width * height];
        using (var bright = Mat.FromPixelData(height, width, MatType.CV_8UC1, statistics.Brightest))
        using (var all = Mat.FromPixelData(height, width, MatType.CV_8UC1, lit))
        using (var from = new Mat(bright, bound))
        using (var to = new Mat(all, bound))
        {
            Cv2.Threshold(from, to, background.Level + background.Threshold, 255, ThresholdTypes.Binary);
        }

        bool moves = IsMoving(lit, statistics);
        byte[] grain = FindGrain(lit, statistics, moves, background.Threshold);
        var parts = background.IsFound ? Extract(grain, statistics) : null;
        return new PictureBody(lit, grain, parts?.Draw(parts.Joined, width, height) ?? new byte[lit.Length], background, moves, parts);
    }

    /// <summary>The same picture with its largest part alone; null where there are no others.</summary>
    public PictureBody? WithLargestPart(int width, int height) =>
        _parts is { } parts && !parts.Joined.SequenceEqual(parts.Largest) ? new PictureBody(Lit, Grain, parts.Draw(parts.Largest, width, height), Background, Moves, parts) : null;

    // Lit pixels that change in time or differ from their neighbours: panels and bars fall out, but for their rims.
    private static byte[] FindGrain(byte[] lit, ClipStatistics statistics, bool moves, int threshold)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        using var bright = Mat.FromPixelData(height, width, MatType.CV_8UC1, statistics.Brightest);
        using var dark = Mat.FromPixelData(height, width, MatType.CV_8UC1, statistics.Darkest);
        using var change = new Mat();
        Cv2.Subtract(bright, dark, change);
        if (!moves)
        {
            using var square = Cv2.GetStructuringElement(MorphShapes.Rect, new Size(3, 3));
            using var range = new Mat();
            Cv2.MorphologyEx(bright, range, MorphTypes.Gradient, square);
            Cv2.Max(range, change, change);
        }

        change.GetArray(out byte[] values);
        byte[] grain = new byte[lit.Length];
        byte[] brightest = statistics.Brightest;
        int least = Math.Min(moves ? 3 : 2, threshold);
        for (int i = width; i < grain.Length - width; i++)
        {
            bool isGrain = lit[i] != 0 && values[i] >= least && (moves || !IsStroke(brightest, i, width));
            grain[i] = isGrain ? (byte)255 : (byte)0;
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

        int above = Math.Max(0, i - width), below = Math.Min(values.Length - 2, i + width);
        int same = (values[above] == value ? 1 : 0) + (values[Math.Max(0, above - 1)] == value ? 1 : 0) + (values[above + 1] == value ? 1 : 0)
            + (values[i - 1] == value ? 1 : 0) + (values[i + 1] == value ? 1 : 0)
            + (values[below] == value ? 1 : 0) + (values[below - 1] == value ? 1 : 0) + (values[below + 1] == value ? 1 : 0);
        return same >= 2;
    }

    // The opening asks for many pixels around each, and its outline is followed in full resolution later: half of it will do.
    private static PictureParts Extract(byte[] lit, ClipStatistics statistics)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        int window = Math.Max(5, (Math.Min(width, height) / 64) | 1);
        int opening = Math.Max(3, (Math.Min(width, height) / 80) | 1);
        using var litMat = Mat.FromPixelData(height, width, MatType.CV_8UC1, lit);
        using var density = new Mat();
        Cv2.BoxFilter(litMat, density, -1, new Size(window, window), borderType: BorderTypes.Constant);
        using var half = new Mat();
        Cv2.Resize(density, half, new Size((width + 1) / 2, (height + 1) / 2), 0, 0, InterpolationFlags.Area);
        Cv2.Threshold(half, half, LeastDensity * 255, 255, ThresholdTypes.Binary);
        FillHoles(half);
        using var kernel = Cv2.GetStructuringElement(MorphShapes.Ellipse, new Size(opening, opening));
        Cv2.MorphologyEx(half, half, MorphTypes.Open, kernel);
        return PictureParts.Of(half, statistics);
    }

    // Chambers and shadows are dark: the bridges of tissue beside them must not fall to the opening.
    private static void FillHoles(Mat mask)
    {
        Cv2.FindContours(mask, out Point[][] contours, out _, RetrievalModes.External, ContourApproximationModes.ApproxSimple);
        Cv2.DrawContours(mask, contours, -1, Scalar.White, -1);
    }
}
