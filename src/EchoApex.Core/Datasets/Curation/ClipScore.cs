using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Datasets.Curation;

/// <summary>
/// How much a clip shows, each part 0..1:
/// contrast = min(1, standard deviation of the gray values in the sector / 50), of the middle frame;
/// coverage = share of the sector's pixels that are brighter than 10 in the middle frame;
/// motion = min(1, mean absolute change between consecutive stored frames in the sector / 6), 0 for a single frame;
/// score = 0.4 contrast + 0.3 coverage + 0.3 motion.
/// </summary>
/// <param name="Contrast">Spread of gray values.</param>
/// <param name="Coverage">Share of the sector that is not dark.</param>
/// <param name="Motion">Change from frame to frame.</param>
public sealed record ClipScore(double Contrast, double Coverage, double Motion)
{
    private const int Dark = 10;

    /// <summary>The weighted mean, 0..1.</summary>
    public double Score => Math.Round((0.4 * Contrast) + (0.3 * Coverage) + (0.3 * Motion), 4);

    /// <summary>Measures a clip.</summary>
    public static ClipScore Of(SectorFrames frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        long count = 0, sum = 0, squares = 0, bright = 0;
        foreach (byte value in frames[frames.FrameCount / 2].Pixels.Span)
        {
            if (value > 0)
            {
                (count, sum, squares, bright) = (count + 1, sum + value, squares + (value * value), bright + (value > Dark ? 1 : 0));
            }
        }

        if (count == 0)
        {
            return new ClipScore(0, 0, 0);
        }

        double mean = sum / (double)count;
        double deviation = Math.Sqrt(Math.Max(0, (squares / (double)count) - (mean * mean)));
        return new ClipScore(Round(Math.Min(1, deviation / 50)), Round(bright / (double)count), Round(Math.Min(1, Change(frames) / 6)));
    }

    private static double Change(SectorFrames frames)
    {
        if (frames.FrameCount < 2)
        {
            return 0;
        }

        long count = 0, sum = 0;
        for (int i = 1; i < frames.FrameCount; i++)
        {
            var before = frames[i - 1].Pixels.Span;
            var now = frames[i].Pixels.Span;
            count += now.Length - now.Count((byte)0);
            sum += FrameOperations.TotalChange(before, now);
        }

        return sum / (double)Math.Max(1, count);
    }

    private static double Round(double value) => Math.Round(value, 4);
}
