using System.Globalization;

namespace EchoApex.Core.Sources.Video;

/// <summary>What decoding a video gave.</summary>
/// <param name="Frames">Its frames in order: gray ones a byte a pixel, coloured ones three.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="FramesPerSecond">The container's rate; null when it gives none.</param>
/// <param name="Announced">The number of frames that the container announces, which is often wrong; null when it gives none.</param>
/// <param name="Codec">Four characters, or "unknown".</param>
internal sealed record DecodedVideo(IReadOnlyList<byte[]> Frames, int Height, int Width, double? FramesPerSecond, int? Announced, string Codec)
{
    // Containers round time stamps, Matroska to whole milliseconds: two of them are off by one at most.
    private const double StampRoundingMs = 1.001;

    /// <summary>The time stamp of each frame in ms, as the container gives it; 0 or any number where it gives none.</summary>
    public IReadOnlyList<double> StampsMs { get; init; } = [];

    /// <summary>Whether the codec is one of those that lose in common use; false for the others, known or not.</summary>
    public bool IsLossy => Codec.ToUpperInvariant() is "AVC1" or "H264" or "X264" or "HEVC" or "HVC1" or "HEV1" or "H265" or "AV01" or "VP80" or "VP90"
        or "MJPG" or "JPEG" or "MPEG" or "MPG1" or "MPG2" or "MP4V" or "FMP4" or "XVID" or "DIVX" or "DX50" or "WMV1" or "WMV2" or "WMV3";

    /// <summary>
    /// Time of each frame in ms from the first: by the rate where the time stamps agree with it but for rounding or there are none,
    /// else by the time stamps, because a rate says little of a video whose frames are not evenly spaced. Null when there is neither,
    /// or a single frame.
    /// </summary>
    /// <param name="notes">Receives a sentence where time stamps are missing.</param>
    public double[]? FrameTimes(List<string> notes)
    {
        if (Frames.Count < 2)
        {
            return null;
        }

        double[]? even = FramesPerSecond is { } rate ? [.. Enumerable.Range(0, Frames.Count).Select(i => i * 1000 / rate)] : null;
        double[] stamped = Ascending();
        int missing = Frames.Count - stamped.Length;

        // Decoders hold the last frame back, and give it no stamp at times.
        if (missing > 1 || stamped.Length < 2)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The file holds no usable time stamps; {(FramesPerSecond is { } assumed ? $"frame times follow its rate of {assumed:0.###} frames a second" : "frame times are unknown")}."));
            return even;
        }

        if (even is not null && even.Zip(stamped).All(pair => Math.Abs(pair.First - pair.Second) <= StampRoundingMs))
        {
            return even;
        }

        if (missing == 1)
        {
            notes.Add("The last frame has no time stamp; it was given the interval before it.");
            stamped = [.. stamped, (2 * stamped[^1]) - stamped[^2]];
        }

        return stamped;
    }

    // Time stamps from the first one, up to the first that is not later than the one before.
    private double[] Ascending()
    {
        int count = 0;
        while (count < StampsMs.Count && double.IsFinite(StampsMs[count]) && (count == 0 || StampsMs[count] > StampsMs[count - 1]))
        {
            count++;
        }

        return [.. StampsMs.Take(count).Select(stamp => stamp - StampsMs[0])];
    }

    /// <summary>The frames as a store.</summary>
    public VideoFrameStore ToStore() => new(Frames, Height, Width);
}
