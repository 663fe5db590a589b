namespace EchoApex.Core.Datasets.Curation;

/// <summary>
/// Tells M-mode and spectral sweeps from images by how they move: a sweep draws a few new columns a frame and leaves the others as
/// they are, or moves all of them sideways by the same number of columns.
/// </summary>
internal static class SweepDetector
{
    private const int Changed = 12;
    private const double MostColumns = 0.2;
    private const double LeastConcentration = 0.85;

    /// <summary>Whether most frames change in a narrow strip of columns only.</summary>
    public static bool IsSweep(SectorFrames frames)
    {
        if (frames.FrameCount < 4)
        {
            return false;
        }

        int sweeping = 0, moving = 0;
        int[] perColumn = new int[frames.Width];
        for (int i = 1; i < frames.FrameCount; i++)
        {
            Array.Clear(perColumn);
            var before = frames[i - 1].Pixels.Span;
            var now = frames[i].Pixels.Span;
            for (int j = 0; j < now.Length; j++)
            {
                perColumn[j % frames.Width] += Math.Abs(now[j] - before[j]) > Changed ? 1 : 0;
            }

            int all = perColumn.Sum();
            if (all < frames.Height / 4)
            {
                continue;
            }

            moving++;
            int strip = Math.Max(2, (int)(MostColumns * frames.Width));
            sweeping += LargestWindow(perColumn, strip) >= LeastConcentration * all ? 1 : 0;
        }

        return moving >= 3 && sweeping > 0.7 * moving;
    }

    private static int LargestWindow(int[] values, int length)
    {
        int sum = 0, largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            sum += values[i] - (i >= length ? values[i - length] : 0);
            largest = Math.Max(largest, sum);
        }

        return largest;
    }
}
