using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>The canvas on which a scanner draws: its gray level, and whether it is kept exactly.</summary>
/// <param name="Level">Gray level.</param>
/// <param name="IsFound">Whether there is one: a level that many pixels never leave.</param>
/// <param name="IsExact">Whether the canvas keeps its level right beside what is drawn on it, as it does where nothing was compressed with loss.</param>
internal readonly record struct PictureBackground(int Level, bool IsFound, bool IsExact)
{
    private const int Cell = 4;
    private const int StrokeLevel = 40;
    private const int LeastBeside = 200;
    private const double LargestBlurredShare = 0.05;

    // A gap in the histogram above the canvas says so, too.
    private const double LargestFaintShare = 0.004;

    /// <summary>How much brighter than the canvas a lit pixel is at least: compression blurs drawings and picture by up to ten levels.</summary>
    public int Threshold => IsExact ? 1 : 10;

    public static PictureBackground Of(ClipStatistics statistics)
    {
        Span<int> histogram = stackalloc int[256];
        foreach (byte value in statistics.Brightest)
        {
            histogram[value]++;
        }

        int level = 0;
        for (int i = 1; i < 64; i++)
        {
            level = histogram[i] > histogram[level] ? i : level;
        }

        // Compression spreads the canvas over a few levels.
        int around = 0;
        for (int i = Math.Max(0, level - 4); i <= level + 4; i++)
        {
            around += histogram[i];
        }

        bool found = around >= 0.04 * statistics.Brightest.Length;
        return new PictureBackground(level, found, found && (HasGap(histogram, level, statistics.Brightest.Length) || KeepsLevelBesideStrokes(statistics, level)));
    }

    private static bool HasGap(ReadOnlySpan<int> histogram, int level, int count) =>
        histogram[level + 1] + histogram[level + 2] + histogram[level + 3] <= LargestFaintShare * count;

    // Compression leaves ripples beside letters. Dark parts of the picture look alike, so that only what lies apart from it counts.
    private static bool KeepsLevelBesideStrokes(ClipStatistics statistics, int level)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        using var bright = Mat.FromPixelData(height, width, MatType.CV_8UC1, statistics.Brightest);
        using var stroke = new Mat();
        Cv2.Threshold(bright, stroke, level + StrokeLevel, 255, ThresholdTypes.Binary);
        using var large = RoughPicture(bright, level);
        using var close = new Mat();
        using var beside = new Mat();
        Dilate(stroke, close, 2);
        Dilate(stroke, beside, 6);
        using var lit = new Mat();
        Cv2.Subtract(beside, close, beside);
        Cv2.Subtract(beside, large, beside);
        Cv2.Threshold(bright, lit, level, 255, ThresholdTypes.Binary);
        int count = Cv2.CountNonZero(beside);
        Cv2.BitwiseAnd(beside, lit, lit);
        return count >= LeastBeside && Cv2.CountNonZero(lit) <= LargestBlurredShare * count;
    }

    // Cells that are mostly lit, the largest group of them with everything between, and a margin.
    private static Mat RoughPicture(Mat bright, int level)
    {
        using var lit = new Mat();
        using var cells = new Mat();
        Cv2.Threshold(bright, lit, level + 3, 255, ThresholdTypes.Binary);
        Cv2.Resize(lit, cells, new Size(bright.Width / Cell, bright.Height / Cell), 0, 0, InterpolationFlags.Area);
        Cv2.Threshold(cells, cells, 0.4 * 255, 255, ThresholdTypes.Binary);
        using var square = Cv2.GetStructuringElement(MorphShapes.Rect, new Size(5, 5));
        Cv2.MorphologyEx(cells, cells, MorphTypes.Open, square);
        Cv2.FindContours(cells, out Point[][] outlines, out _, RetrievalModes.External, ContourApproximationModes.ApproxSimple);
        cells.SetTo(Scalar.Black);
        if (outlines.MaxBy(outline => Cv2.ContourArea(outline)) is { } largest)
        {
            Cv2.FillConvexPoly(cells, Cv2.ConvexHull(largest), Scalar.White);
        }

        Dilate(cells, cells, 4);
        var picture = new Mat();
        Cv2.Resize(cells, picture, bright.Size(), 0, 0, InterpolationFlags.Nearest);
        return picture;
    }

    private static void Dilate(Mat from, Mat to, int reach)
    {
        using var square = Cv2.GetStructuringElement(MorphShapes.Rect, new Size((2 * reach) + 1, (2 * reach) + 1));
        Cv2.Dilate(from, to, square);
    }
}
