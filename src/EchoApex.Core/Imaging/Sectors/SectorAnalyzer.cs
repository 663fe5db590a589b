using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// Finds the area that a scanner's image fills, for de-identification: unlike <see cref="SectorFinder"/>, which looks for
/// what a network should see, it fits the form that the scanner draws, measures how well everything fits, and says how sure
/// it is. All frames count: what is drawn beside the image may change at any time.
/// <list type="number">
/// <item>Bound: the largest calibrated 2D region of the file, a little enlarged; else the whole frame.</item>
/// <item>Picture: pixels that were ever lit, without thin structures (text, traces, scales) and smooth ones (bars, panels).
/// Motion is a weight where there is some; still clips need none.</item>
/// <item>Form: sides, arcs and flat ends by voting of the picture's outline; apex above or below.</item>
/// <item>Evidence: shares of the outline explained, of the picture outside, of lit pixels just within and dark pixels just
/// outside the edges.</item>
/// <item>Guard: where something lit lies just outside an edge, the mask draws back from it.</item>
/// </list>
/// </summary>
public static class SectorAnalyzer
{
    private const int RegionMargin = 3;

    /// <summary>Analyses a clip. Reads every frame once.</summary>
    /// <exception cref="DataException">A frame cannot be decoded.</exception>
    public static SectorAnalysis Analyze(EchoClip clip, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return Analyze(ClipStatistics.Of(clip, cancellationToken), clip.Regions);
    }

    internal static SectorAnalysis Analyze(ClipStatistics statistics, IReadOnlyList<UltrasoundRegion> regions)
    {
        var bound = Bound(statistics, regions);
        var whole = PictureBody.Find(statistics, bound);
        if (!whole.Background.IsFound)
        {
            return None("no background: the image fills the frame, or the frame is lit everywhere");
        }

        SectorAnalysis? best = null;
        for (var picture = whole; picture is not null; picture = ReferenceEquals(picture, whole) ? whole.WithLargestPart(statistics.Width, statistics.Height) : null)
        {
            foreach (bool inverted in new[] { false, true })
            {
                if (best?.Confidence >= 0.8)
                {
                    return best;
                }

                var candidate = Try(statistics, picture, bound, inverted);
                best = best is null || (candidate?.Confidence ?? -1) > best.Confidence ? candidate ?? best : best;
            }
        }

        return best ?? None("no picture: nothing large, dense and grainy is lit");
    }

    private static SectorAnalysis None(string doubt) => new(null, null, 0, new SectorEvidence(), [doubt]);

    private static SectorAnalysis? Try(ClipStatistics statistics, PictureBody picture, Rect bound, bool inverted)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        byte[] body = inverted ? Flip(picture.Body, width, height) : picture.Body;
        byte[] lit = inverted ? Flip(picture.Grain, width, height) : picture.Grain;
        if (SectorFit.Fit(body, lit, width, height, picture.Moves) is not { } fit)
        {
            return null;
        }

        if (inverted && (fit.Shape.ApexY is null || fit.Shape.LeftDegrees + fit.Shape.RightDegrees < 20))
        {
            // Without an apex both ways are the same.
            return null;
        }

        return SectorVerification.Verify(fit, inverted ? Flip(fit.Shape, height) : fit.Shape, statistics, picture, bound);
    }

    private static Rect Bound(ClipStatistics statistics, IReadOnlyList<UltrasoundRegion> regions)
    {
        var frame = new Rect(0, 0, statistics.Width, statistics.Height);
        var region = regions
            .Where(candidate => candidate.Kind is RegionKind.Tissue2D or RegionKind.ColorFlow2D)
            .MaxBy(candidate => (long)candidate.Width * candidate.Height);
        return region is null
            ? frame
            : new Rect(region.X - RegionMargin, region.Y - RegionMargin, region.Width + (2 * RegionMargin), region.Height + (2 * RegionMargin)) & frame;
    }

    private static byte[] Flip(byte[] pixels, int width, int height)
    {
        byte[] flipped = new byte[pixels.Length];
        for (int row = 0; row < height; row++)
        {
            pixels.AsSpan(row * width, width).CopyTo(flipped.AsSpan((height - 1 - row) * width));
        }

        return flipped;
    }

    private static SectorShape Flip(SectorShape shape, int height) => shape with
    {
        Edges = [.. shape.Edges.Select(edge => new HalfPlane(edge.A, -edge.B, edge.C - (edge.B * (height - 1))))],
        OuterArc = Flip(shape.OuterArc, height),
        InnerArc = Flip(shape.InnerArc, height),
        ApexY = height - 1 - shape.ApexY,
        IsInverted = true,
    };

    private static Circle? Flip(Circle? circle, int height) => circle is { } found ? found with { Y = height - 1 - found.Y } : null;
}
