using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>Draws a fitted form, measures what speaks for it, and cuts back where something drawn touches it.</summary>
internal static class SectorVerification
{
    private const double LeastArea = 0.06;

    public static SectorAnalysis? Verify(SectorFit fit, SectorShape shape, ClipStatistics statistics, PictureBody picture, Rect bound)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        float[] outside = Distances(shape, width, height);
        byte[] mask = new byte[outside.Length];
        var count = new Counter();
        for (int y = bound.Top; y < bound.Bottom; y++)
        {
            for (int x = bound.Left; x < bound.Right; x++)
            {
                int i = (y * width) + x;
                mask[i] = outside[i] <= 0 ? (byte)255 : (byte)0;
                count.Add(outside[i], picture.Lit[i] != 0, picture.Body[i] != 0, statistics.Brightest[i] - statistics.Darkest[i] > 8, statistics.Brightest[i] - picture.Background.Level > 1);
            }
        }

        if (count.Inside == 0)
        {
            return null;
        }

        int guarded = SectorGuard.Apply(mask, outside, fit, shape, statistics, picture);
        var evidence = new SectorEvidence
        {
            LeftSupport = fit.LeftSupport,
            RightSupport = fit.RightSupport,
            FarSupport = fit.BottomSupport,
            NearSupport = fit.TopSupport,
            Leak = count.Leaked / (double)Math.Max(1, count.Body),
            Fill = count.Lit / (double)count.Inside,
            EdgeLit = count.EdgeLit / (double)Math.Max(1, count.Edge),
            RimDark = count.RimDark / (double)Math.Max(1, count.Rim),
            Area = count.Inside / (double)(width * height),
            Guarded = guarded / (double)count.Inside,
            Faint = count.Faint / (double)count.Inside,
            Motion = count.Moving / (double)count.Inside,
        };
        var (confidence, doubts) = Judge(evidence);
        return new SectorAnalysis(shape, Cut(mask, width, height, confidence, evidence), confidence, evidence, doubts);
    }

    private static float[] Distances(SectorShape shape, int width, int height)
    {
        float[] outside = new float[width * height];
        HalfPlane[] edges = [.. shape.Edges];
        for (int y = 0; y < height; y++)
        {
            var row = outside.AsSpan(y * width, width);
            row.Fill(float.NegativeInfinity);
            foreach (var edge in edges)
            {
                for (int x = 0; x < width; x++)
                {
                    row[x] = Math.Max(row[x], (float)edge.Outside(x, y));
                }
            }

            for (int x = 0; x < width; x++)
            {
                // Far outside an edge already: arcs need not be asked.
                if (row[x] < 8)
                {
                    row[x] = Math.Max(row[x], (float)Math.Max(shape.OuterArc?.Outside(x, y) ?? double.NegativeInfinity, -shape.InnerArc?.Outside(x, y) ?? double.NegativeInfinity));
                }
            }
        }

        return outside;
    }

    private static SectorCrop? Cut(byte[] mask, int width, int height, double confidence, SectorEvidence evidence)
    {
        using var whole = Mat.FromPixelData(height, width, MatType.CV_8UC1, mask);
        var box = Cv2.BoundingRect(whole);
        if (box.Width == 0 || box.Height == 0)
        {
            return null;
        }

        using var part = new Mat(whole, box);
        using var copy = part.Clone();
        copy.GetArray(out byte[] pixels);
        return new SectorCrop(box.X, box.Y, box.Width, box.Height, pixels, confidence, evidence.Motion >= 0.2 ? "fit of moving picture" : "fit of still picture");
    }

    private static (double Confidence, IReadOnlyList<string> Doubts) Judge(SectorEvidence evidence)
    {
        (double Factor, string Doubt)[] factors =
        [
            (Ramp(Math.Min(evidence.LeftSupport, evidence.RightSupport), 0.3, 0.6), "a side is not straight"),
            (Ramp(evidence.FarSupport, 0.45, 0.7), "the far end is neither an arc nor flat"),
            (Ramp(evidence.NearSupport, 0.45, 0.7), "the near end is neither an arc, flat, nor a point"),
            (Ramp(-evidence.Leak, -0.03, -0.01), "part of the picture lies outside the form"),
            (Ramp(evidence.Fill, 0.15, 0.4), "most of the form is dark"),
            (Ramp(evidence.EdgeLit, 0.2, 0.45), "the edges of the form are dark"),
            (Ramp(evidence.RimDark, 0.8, 0.93), "something is drawn all along the edge"),
            (Ramp(evidence.Area, LeastArea * 0.8, LeastArea), "the form is small"),
            (Ramp(-evidence.Guarded, -0.01, -0.006), "drawings touch the edge in many places"),
            (Ramp(-evidence.Faint, -0.5, -0.25), "much is faintly lit outside the form"),
        ];
        return (factors.Aggregate(1.0, (product, factor) => product * factor.Factor), [.. factors.Where(factor => factor.Factor < 0.999).Select(factor => factor.Doubt)]);
    }

    private static double Ramp(double value, double none, double full) => Math.Clamp((value - none) / (full - none), 0, 1);

    private struct Counter
    {
        public int Inside, Lit, Moving, Body, Leaked, Edge, EdgeLit, Rim, RimDark, Faint;

        public void Add(float outside, bool lit, bool body, bool moving, bool faint)
        {
            Body += body ? 1 : 0;
            Leaked += body && outside > 3 ? 1 : 0;
            if (outside <= 0)
            {
                Inside++;
                Lit += lit ? 1 : 0;
                Moving += moving ? 1 : 0;
                bool edge = outside > -4;
                Edge += edge ? 1 : 0;
                EdgeLit += edge && lit ? 1 : 0;
            }
            else
            {
                Faint += faint && !lit && outside > 3 ? 1 : 0;
            }

            if (outside is > 2 and <= 6)
            {
                Rim++;
                RimDark += lit ? 0 : 1;
            }
        }
    }
}
