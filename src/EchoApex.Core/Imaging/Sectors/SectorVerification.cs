using System.Numerics;
using System.Runtime.InteropServices;
using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>Draws a fitted form, measures what speaks for it, and cuts back where something drawn touches it.</summary>
internal static class SectorVerification
{
    private const double LeastArea = 0.06;
    private const int CrossingDistance = 6;

    public static SectorAnalysis? Verify(SectorFit fit, SectorShape shape, ClipStatistics statistics, PictureBody picture, Rect bound)
    {
        var (width, height) = (statistics.Width, statistics.Height);
        float[] outside = Distances(shape, width, height);
        byte[] mask = new byte[outside.Length];
        var count = default(Counter);
        for (int y = bound.Top; y < bound.Bottom; y++)
        {
            count.AddRow((y * width) + bound.Left, bound.Width, outside, mask, statistics, picture);
        }

        if (count.Inside == 0)
        {
            return null;
        }

        double crossed = Crossed(mask, picture.Lit, width, height);
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
            Crossed = crossed,
            Motion = count.Moving / (double)count.Inside,
        };
        var (confidence, doubts) = Judge(evidence);
        return new SectorAnalysis(shape, Cut(mask, width, height, confidence, evidence), confidence, evidence, doubts);
    }

    // The longest run of rows that go on lit beyond both sides, against the frame's height: letters beside an image do not do so.
    private static double Crossed(byte[] mask, byte[] lit, int width, int height)
    {
        int run = 0, longest = 0;
        for (int y = 0; y < height; y++)
        {
            var row = mask.AsSpan(y * width, width);
            int first = row.IndexOf((byte)255) - CrossingDistance, last = row.LastIndexOf((byte)255) + CrossingDistance;
            bool crosses = first >= 0 && last < width && last > first + (2 * CrossingDistance) && lit[(y * width) + first] != 0 && lit[(y * width) + last] != 0;
            run = crosses ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest / (double)height;
    }

    private static float[] Distances(SectorShape shape, int width, int height)
    {
        float[] outside = new float[width * height];
        float[] columns = [.. Enumerable.Range(0, width).Select(x => (float)x)];
        for (int y = 0; y < height; y++)
        {
            var row = outside.AsSpan(y * width, width);
            row.Fill(float.NegativeInfinity);
            foreach (var edge in shape.Edges)
            {
                BeyondEdge(row, columns, (float)edge.A, (float)((edge.B * y) - edge.C));
            }

            BeyondArc(row, columns, shape.OuterArc, y, 1);
            BeyondArc(row, columns, shape.InnerArc, y, -1);
        }

        return outside;
    }

    private static void BeyondEdge(Span<float> row, float[] columns, float slope, float start)
    {
        var many = MemoryMarshal.Cast<float, Vector<float>>(row);
        var xs = MemoryMarshal.Cast<float, Vector<float>>(columns);
        for (int i = 0; i < many.Length; i++)
        {
            many[i] = Vector.Max(many[i], (xs[i] * slope) + new Vector<float>(start));
        }

        for (int x = many.Length * Vector<float>.Count; x < row.Length; x++)
        {
            row[x] = Math.Max(row[x], (slope * x) + start);
        }
    }

    private static void BeyondArc(Span<float> row, float[] columns, Circle? arc, int y, int sign)
    {
        if (arc is not { } circle)
        {
            return;
        }

        var many = MemoryMarshal.Cast<float, Vector<float>>(row);
        var xs = MemoryMarshal.Cast<float, Vector<float>>(columns);
        float down = (float)(y - circle.Y);
        for (int i = 0; i < many.Length; i++)
        {
            var across = xs[i] - new Vector<float>((float)circle.X);
            many[i] = Vector.Max(many[i], (Vector.SquareRoot((across * across) + new Vector<float>(down * down)) - new Vector<float>((float)circle.Radius)) * sign);
        }

        for (int x = many.Length * Vector<float>.Count; x < row.Length; x++)
        {
            row[x] = Math.Max(row[x], (float)(sign * circle.Outside(x, y)));
        }
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
            (Ramp(Math.Min(evidence.LeftSupport, evidence.RightSupport), 0.35, 0.7), "a side is not straight"),
            (Ramp(evidence.FarSupport, 0.55, 0.75), "the far end is neither an arc nor flat"),
            (Ramp(evidence.NearSupport, 0.55, 0.75), "the near end is neither an arc, flat, nor a point"),
            (Ramp(-evidence.Leak, -0.03, -0.01), "part of the picture lies outside the form"),
            (Ramp(evidence.Fill, 0.15, 0.4), "most of the form is dark"),
            (Ramp(evidence.EdgeLit, 0.2, 0.45), "the edges of the form are dark"),
            (Ramp(evidence.RimDark, 0.8, 0.93), "something is drawn all along the edge"),
            (Ramp(evidence.Area, LeastArea * 0.8, LeastArea), "the form is small"),
            (Ramp(-evidence.Guarded, -0.01, -0.006), "drawings touch the edge in many places"),
            (Ramp(-evidence.Crossed, -0.03, -0.015), "a bar crosses the form"),
            (Ramp(-evidence.Faint, -0.5, -0.25), "much is faintly lit outside the form"),
        ];
        return (factors.Aggregate(1.0, (product, factor) => product * factor.Factor), [.. factors.Where(factor => factor.Factor < 0.999).Select(factor => factor.Doubt)]);
    }

    private static double Ramp(double value, double none, double full) => Math.Clamp((value - none) / (full - none), 0, 1);

    private struct Counter
    {
        public int Inside, Lit, Moving, Body, Leaked, Edge, EdgeLit, Rim, RimDark, Faint;

        public void AddRow(int start, int length, float[] outside, byte[] mask, ClipStatistics statistics, PictureBody picture)
        {
            byte[] lit = picture.Lit, body = picture.Body, brightest = statistics.Brightest, darkest = statistics.Darkest;
            int faint = picture.Background.Level + 1;
            for (int i = start; i < start + length; i++)
            {
                float distance = outside[i];
                if (distance > 0)
                {
                    AddOutside(distance, lit[i] != 0, body[i] != 0, brightest[i] > faint);
                    continue;
                }

                mask[i] = 255;
                int isLit = lit[i] & 1;
                Inside++;
                Lit += isLit;
                Body += body[i] & 1;
                Moving += brightest[i] - darkest[i] > 8 ? 1 : 0;
                if (distance > -4)
                {
                    Edge++;
                    EdgeLit += isLit;
                }
            }
        }

        private void AddOutside(float distance, bool lit, bool body, bool faint)
        {
            if (body)
            {
                Body++;
                Leaked += distance > 3 ? 1 : 0;
            }

            if (faint && !lit && distance > 3)
            {
                Faint++;
            }

            if (distance is > 2 and <= 6)
            {
                Rim++;
                RimDark += lit ? 0 : 1;
            }
        }
    }
}
