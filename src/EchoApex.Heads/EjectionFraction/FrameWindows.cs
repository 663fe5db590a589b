using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>
/// Chooses frames from clips of any length: a window of some beats (or of some time, or of some frames, as far as it is known) with
/// frames at even distances. No frame is taken twice: a clip that is shorter than the window gives what it has.
/// </summary>
public sealed class FrameWindows
{
    private readonly FrameWindowOptions _options;

    /// <summary>Creates the rule.</summary>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public FrameWindows(FrameWindowOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "ejection_fraction.windows");
        _options = options;
    }

    /// <summary>Frames from the first to the last of a window, both counted, at most the clip's.</summary>
    /// <param name="frameCount">Frames of the clip.</param>
    /// <param name="frameTimesMs">Time of each frame in ms; null when unknown.</param>
    /// <param name="heartRateBpm">Heart rate in beats a minute; null when unknown.</param>
    public int Span(int frameCount, IReadOnlyList<double>? frameTimesMs, double? heartRateBpm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        double frames = (_options.Frames - 1) * (double)_options.FrameStep + 1;
        if (frameTimesMs is { Count: > 1 } && frameTimesMs[^1] > frameTimesMs[0])
        {
            double duration = heartRateBpm is > 0 ? _options.Beats * 60_000 / heartRateBpm.Value : _options.DurationMs;
            double interval = (frameTimesMs[^1] - frameTimesMs[0]) / (frameTimesMs.Count - 1);
            frames = Math.Round(duration / interval) + 1;
        }

        // Fewer frames than a window holds are not stretched: the window is then longer than it was asked to be.
        return (int)Math.Min(frameCount, Math.Max(frames, Math.Min(_options.Frames, frameCount)));
    }

    /// <summary>A window at a random place.</summary>
    public int[] Sample(int frameCount, IReadOnlyList<double>? frameTimesMs, double? heartRateBpm, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        int span = Span(frameCount, frameTimesMs, heartRateBpm);
        return Window(random.NextInt32(frameCount - span + 1), span);
    }

    /// <summary>Windows spread evenly over the clip, the first at its start and the last at its end.</summary>
    public IReadOnlyList<int[]> Cover(int frameCount, IReadOnlyList<double>? frameTimesMs, double? heartRateBpm)
    {
        int span = Span(frameCount, frameTimesMs, heartRateBpm);
        int room = frameCount - span;
        int count = Math.Min(_options.TestWindows, room + 1);
        return [.. Enumerable.Range(0, count).Select(i => Window(count == 1 ? room / 2 : (int)Math.Round((double)i * room / (count - 1)), span))];
    }

    private int[] Window(int start, int span)
    {
        int count = Math.Min(_options.Frames, span);
        return [.. Enumerable.Range(0, count).Select(i => start + (count == 1 ? span / 2 : (int)Math.Round((double)i * (span - 1) / (count - 1))))];
    }
}
