using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Imaging;

/// <summary>
/// Finds the ultrasound sector of a clip, so that text, traces, scales and logos beside it can be cut off. First version:
/// <list type="number">
/// <item>Bound: the largest calibrated 2D region of the file, else the whole frame.</item>
/// <item>Motion: pixels whose gray value changes by more than 8 over up to 16 frames, freed of thin structures (text, ECG)
/// by a morphological opening, joined by a closing; the large connected parts.</item>
/// <item>Content: compact parts that are not black and lie mostly within the hull of the motion, so that still parts of the
/// near field belong to the sector.</item>
/// <item>The sector is the convex hull of both. Where too little moves (single frames, still clips) it is the hull of the
/// largest content, and the confidence is halved.</item>
/// </list>
/// A sector of less than 8 % of the frame is no sector: the search then fails rather than pass the frame on unmasked.
/// </summary>
public static class SectorFinder
{
    private const int SampledFrames = 16;
    private const int LeastChange = 8;
    private const int LeastBrightness = 12;
    private const double LeastShare = 0.08;

    /// <summary>Finds the sector.</summary>
    /// <exception cref="DataException">There is none, or a frame cannot be decoded.</exception>
    public static SectorCrop Find(EchoClip clip) => TryFind(clip)
        ?? throw new DataException(clip.Origin.Path, "no ultrasound sector was found: less than 8 % of the frame moves or holds a compact picture. Use the whole frame if that is intended (CropToSector = false, or 'convert --raw').");

    /// <summary>Finds the sector; null when there is none.</summary>
    /// <exception cref="DataException">A frame cannot be decoded.</exception>
    public static SectorCrop? TryFind(EchoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        using var darkest = new Mat();
        using var brightest = new Mat();
        MeasureRange(clip, darkest, brightest);
        var bound = Bound(clip);

        using var change = new Mat();
        Cv2.Subtract(brightest, darkest, change);
        using var motion = Threshold(change, LeastChange, bound);
        using var content = Threshold(brightest, LeastBrightness, bound);
        int size = Math.Max(3, ((int)Math.Round(7 * Math.Min(clip.Width, clip.Height) / 430.0)) | 1);
        using var kernel = Cv2.GetStructuringElement(MorphShapes.Ellipse, new Size(size, size));
        double least = LeastShare * clip.Width * clip.Height;

        using var moving = Clean(motion, kernel, closings: 3);
        using var filled = Clean(content, kernel, closings: 0);
        string where = bound.Width < clip.Width || bound.Height < clip.Height ? " in region" : "";
        if (HullOfLarge(moving) is { } movingHull && Area(movingHull) >= least)
        {
            using var hullMask = Fill(movingHull, clip);
            using var within = KeepWithin(filled, hullMask);
            using var both = new Mat();
            Cv2.BitwiseOr(hullMask, within, both);
            return Crop(HullOf(both)!, bound, clip, moving, filled, "motion" + where, 1);
        }

        return HullOfLarge(filled) is { } still && Area(still) >= least
            ? Crop(still, bound, clip, moving, filled, "content" + where, 0.5)
            : null;
    }

    private static unsafe void MeasureRange(EchoClip clip, Mat darkest, Mat brightest)
    {
        byte[] frame = new byte[clip.FrameLength];
        byte[] gray = clip.Channels == 1 ? frame : new byte[clip.Height * clip.Width];
        int count = Math.Min(SampledFrames, clip.FrameCount);
        for (int i = 0; i < count; i++)
        {
            clip.ReadFrame(count == 1 ? 0 : (int)((long)i * (clip.FrameCount - 1) / (count - 1)), frame);
            if (clip.Channels == 3)
            {
                FrameOperations.ToGray(frame, gray);
            }

            fixed (byte* pixels = gray)
            {
                using var picture = Mat.FromPixelData(clip.Height, clip.Width, MatType.CV_8UC1, (nint)pixels);
                if (i == 0)
                {
                    picture.CopyTo(darkest);
                    picture.CopyTo(brightest);
                }
                else
                {
                    Cv2.Min(darkest, picture, darkest);
                    Cv2.Max(brightest, picture, brightest);
                }
            }
        }
    }

    private static Rect Bound(EchoClip clip)
    {
        var region = clip.Regions
            .Where(candidate => candidate.Kind is RegionKind.Tissue2D or RegionKind.ColorFlow2D)
            .MaxBy(candidate => (long)candidate.Width * candidate.Height);
        return region is null
            ? new Rect(0, 0, clip.Width, clip.Height)
            : new Rect(region.X, region.Y, region.Width, region.Height);
    }

    private static Mat Threshold(Mat values, int least, Rect bound)
    {
        var mask = new Mat(values.Size(), MatType.CV_8UC1, Scalar.Black);
        using var from = new Mat(values, bound);
        using var to = new Mat(mask, bound);
        Cv2.Threshold(from, to, least, 255, ThresholdTypes.Binary);
        return mask;
    }

    private static Mat Clean(Mat mask, Mat kernel, int closings)
    {
        var cleaned = new Mat();
        Cv2.MorphologyEx(mask, cleaned, MorphTypes.Open, kernel);
        if (closings > 0)
        {
            Cv2.MorphologyEx(cleaned, cleaned, MorphTypes.Close, kernel, iterations: closings);
        }

        return cleaned;
    }

    // The largest connected part, and others of at least a quarter of its area: a shadow may cut a sector in two.
    private static Point[]? HullOfLarge(Mat mask)
    {
        using var labels = new Mat();
        using var stats = new Mat();
        using var centres = new Mat();
        int count = Cv2.ConnectedComponentsWithStats(mask, labels, stats, centres);
        int largest = Enumerable.Range(1, count - 1).Select(label => AreaOf(stats, label)).DefaultIfEmpty(0).Max();
        using var large = Select(labels, count, label => AreaOf(stats, label) * 4 >= largest);
        return HullOf(large);
    }

    // The connected parts that lie for more than half within a hull.
    private static Mat KeepWithin(Mat mask, Mat hull)
    {
        using var labels = new Mat();
        using var stats = new Mat();
        using var centres = new Mat();
        int count = Cv2.ConnectedComponentsWithStats(mask, labels, stats, centres);
        int[] inside = new int[count];
        labels.GetArray(out int[] label);
        hull.GetArray(out byte[] isHull);
        for (int i = 0; i < label.Length; i++)
        {
            inside[label[i]] += isHull[i] == 0 ? 0 : 1;
        }

        return Select(labels, count, part => inside[part] * 2 > AreaOf(stats, part));
    }

    private static int AreaOf(Mat stats, int label) => stats.At<int>(label, (int)ConnectedComponentsTypes.Area);

    private static Mat Select(Mat labels, int count, Func<int, bool> isWanted)
    {
        byte[] values = new byte[count];
        for (int label = 1; label < count; label++)
        {
            values[label] = isWanted(label) ? (byte)255 : (byte)0;
        }

        labels.GetArray(out int[] pixels);
        var mask = new Mat(labels.Size(), MatType.CV_8UC1);
        mask.SetArray(Array.ConvertAll(pixels, label => values[label]));
        return mask;
    }

    private static Point[]? HullOf(Mat mask)
    {
        // A corner of the hull is the first or the last pixel of its row: the others need not be sorted.
        mask.GetArray(out byte[] pixels);
        var (height, width) = (mask.Rows, mask.Cols);
        List<Point> ends = [];
        for (int y = 0; y < height; y++)
        {
            var row = pixels.AsSpan(y * width, width);
            int first = row.IndexOfAnyExcept((byte)0);
            if (first >= 0)
            {
                ends.Add(new Point(first, y));
                ends.Add(new Point(row.LastIndexOfAnyExcept((byte)0), y));
            }
        }

        return ends.Count == 0 ? null : Cv2.ConvexHull(ends);
    }

    private static double Area(Point[] hull) => Cv2.ContourArea(hull);

    private static Mat Fill(Point[] hull, EchoClip clip)
    {
        var mask = new Mat(clip.Height, clip.Width, MatType.CV_8UC1, Scalar.Black);
        Cv2.FillConvexPoly(mask, hull, Scalar.White);
        return mask;
    }

    private static SectorCrop Crop(Point[] hull, Rect bound, EchoClip clip, Mat moving, Mat filled, string method, double weight)
    {
        using var whole = Fill(hull, clip);
        var box = Cv2.BoundingRect(hull) & bound;
        using var cut = new Mat(whole, box);
        using var mask = cut.Clone();
        mask.GetArray(out byte[] pixels);
        using var seen = new Mat();
        Cv2.BitwiseOr(moving, filled, seen);
        using var seenCut = new Mat(seen, box);
        using var covered = new Mat();
        Cv2.BitwiseAnd(seenCut, mask, covered);
        double confidence = weight * Cv2.CountNonZero(covered) / Math.Max(1, Cv2.CountNonZero(mask));
        return new SectorCrop(box.X, box.Y, box.Width, box.Height, pixels, confidence, method);
    }
}
