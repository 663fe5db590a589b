using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Heads.Segmentation;
using OpenCvSharp;

namespace EchoApex.Heads.Studies;

/// <summary>Outlines of masks as polygons.</summary>
internal static class MaskContours
{
    // Pixels between a polygon and the outline it stands for.
    private const double Tolerance = 0.6;

    /// <summary>The outline of the largest part, through the centres of its outermost pixels; empty for an empty mask.</summary>
    public static IReadOnlyList<ImagePoint> Largest(SegmentedMask mask)
    {
        if (mask.IsEmpty)
        {
            return [];
        }

        using var pixels = Mat.FromPixelData(mask.Height, mask.Width, MatType.CV_8UC1, mask.Pixels.ToArray());
        Cv2.FindContours(pixels, out Point[][] contours, out _, RetrievalModes.External, ContourApproximationModes.ApproxNone);
        var largest = contours.MaxBy(contour => Cv2.ContourArea(contour))!;
        return [.. Cv2.ApproxPolyDP(largest, Tolerance, closed: true).Select(point => new ImagePoint(point.X, point.Y))];
    }

    /// <summary>Share of an outline's corners that lie within two pixels of the sector's edge, or outside it.</summary>
    public static double ShareAtEdge(IReadOnlyList<ImagePoint> contour, SectorCrop? sector)
    {
        const int Near = 2;
        if (sector is null || contour.Count == 0)
        {
            return 0;
        }

        double length = 0, atEdge = 0;
        for (int i = 0; i < contour.Count; i++)
        {
            var (from, to) = (contour[i], contour[(i + 1) % contour.Count]);
            double piece = Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2));
            length += piece;
            atEdge += IsOutside((from.X + to.X) / 2, (from.Y + to.Y) / 2) ? piece : 0;
        }

        return length > 0 ? atEdge / length : 0;

        bool IsOutside(double x, double y)
        {
            foreach (var (dx, dy) in new[] { (0, 0), (-Near, 0), (Near, 0), (0, -Near), (0, Near) })
            {
                int column = (int)Math.Round(x) - sector.X + dx, row = (int)Math.Round(y) - sector.Y + dy;
                if ((uint)column >= (uint)sector.Width || (uint)row >= (uint)sector.Height || sector.Mask[(row * sector.Width) + column] == 0)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
