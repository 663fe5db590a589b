namespace EchoApex.Core.Sources.Dicom;

/// <summary>When frames were taken (DICOM PS3.3 C.7.6.5).</summary>
internal static class DicomTiming
{
    /// <summary>
    /// Time of each frame in ms from the first: from Frame Time Vector, else Frame Time, else Cine Rate (an integer, and
    /// often a display rate: the least exact of the three), else the rate of a video stream. Null when there is none, or a
    /// single frame.
    /// </summary>
    public static double[]? FrameTimes(IDicomElements elements, int frames, double? streamRate)
    {
        if (frames < 2)
        {
            return null;
        }

        // Increments to the frame before; the first is 0 by the standard, and does not count in any case.
        var increments = elements.GetNumbers(DicomTags.FrameTimeVector);
        if (increments.Count == frames && increments.Skip(1).All(increment => increment >= 0) && increments.Skip(1).Any(increment => increment > 0))
        {
            double[] times = new double[frames];
            for (int i = 1; i < frames; i++)
            {
                times[i] = times[i - 1] + increments[i];
            }

            return times;
        }

        double? step = elements.GetNumbers(DicomTags.FrameTime) is [> 0 and var time, ..] ? time
            : elements.GetNumbers(DicomTags.CineRate) is [> 0 and var rate, ..] ? 1000 / rate
            : 1000 / streamRate;
        return step is { } interval ? [.. Enumerable.Range(0, frames).Select(i => i * interval)] : null;
    }
}
