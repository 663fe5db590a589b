using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Measurement;

/// <summary>
/// Finds end diastole (largest) and end systole (smallest) in a signal over a clip: diameter, area or volume of the left ventricle.
/// Everything is in ms, so that the frame rate does not matter; frames need not be evenly spaced.
/// </summary>
/// <remarks>
/// The smoothed signal is followed from turn to turn: an extreme counts once the signal has moved away from it by the prominence
/// (a zigzag, as with hysteresis), so that large and small alternate; extremes at the ends of a clip count too, since clips often
/// start at the R wave, unless they are far from the other extremes of their kind: then the clip begins or ends amid a
/// movement. End systoles and end diastoles that are too close lose the smallest swing between them; of several tops between two
/// of them that are as high as each other the last is the end diastole.
/// </remarks>
public sealed class BeatDetector
{
    // Tops that differ by less than this share of the signal's range are as high as each other.
    private const double Plateau = 0.02;

    private readonly BeatOptions _options;

    /// <summary>Creates the detector.</summary>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public BeatDetector(BeatOptions? options = null)
    {
        _options = options ?? new BeatOptions();
        OptionsValidator.Validate(_options, "measurement.beats");
    }

    /// <summary>Finds the beats.</summary>
    /// <param name="signal">One value a frame, larger in diastole; NaN where a frame could not be measured.</param>
    /// <param name="timesMs">Time of each frame in ms, not descending; of frames of one time the first counts.</param>
    /// <returns>The beats in order; those cut off by the clip's ends are partial. Empty where the signal does not swing.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or times descend.</exception>
    public IReadOnlyList<Beat> Detect(IReadOnlyList<double> signal, IReadOnlyList<double> timesMs)
    {
        ArgumentNullException.ThrowIfNull(signal);
        ArgumentNullException.ThrowIfNull(timesMs);
        if (signal.Count != timesMs.Count)
        {
            throw new ArgumentException($"Signal and times must be of one length; got {signal.Count} and {timesMs.Count}.", nameof(timesMs));
        }

        if (!InOrder(timesMs))
        {
            throw new ArgumentException("Times must not descend.", nameof(timesMs));
        }

        int[] known = [.. Enumerable.Range(0, signal.Count).Where(frame => double.IsFinite(signal[frame]) && (frame == 0 || timesMs[frame] > timesMs[frame - 1]))];
        if (known.Length < 2)
        {
            return [];
        }

        double[] smooth = Smooth(known, signal, timesMs);
        double[] sorted = [.. smooth.Order()];
        double range = sorted[(int)Math.Round(0.95 * (sorted.Length - 1))] - sorted[(int)Math.Round(0.05 * (sorted.Length - 1))];
        if (!(range > 0))
        {
            return [];
        }

        double prominence = _options.ProminenceShare * range;
        var turns = Turns(smooth, prominence);
        DropUnfinishedEnds(turns, smooth, prominence / 4);

        // Systoles are sharp, the way between two of them may have several tops: what is close together is seen of systoles first,
        // of diastoles when it is settled where they are.
        double TimeMs(int place) => timesMs[known[place]];
        DropCloseTurns(turns, smooth, TimeMs, ofDiastoles: false);
        SettleDiastoles(turns, smooth, Plateau * range);
        DropCloseTurns(turns, smooth, TimeMs, ofDiastoles: true);
        SettleDiastoles(turns, smooth, Plateau * range);
        return Beats([.. turns.Select(turn => (known[turn.Place], turn.IsLarge))]);
    }

    /// <summary>Whether beats can be sought at these times: none descends, none is NaN.</summary>
    internal static bool InOrder(IReadOnlyList<double> timesMs) => timesMs.Zip(timesMs.Skip(1)).All(pair => pair.First <= pair.Second);

    // A Gaussian over time; frames without a value are left out of the means.
    private double[] Smooth(int[] known, IReadOnlyList<double> signal, IReadOnlyList<double> timesMs)
    {
        double sigma = _options.SmoothingMs;
        return [.. known.Select(frame =>
        {
            if (sigma == 0)
            {
                return signal[frame];
            }

            double sum = 0, weights = 0;
            foreach (int other in known)
            {
                double distance = (timesMs[other] - timesMs[frame]) / sigma;
                double weight = Math.Abs(distance) < 5 ? Math.Exp(-0.5 * distance * distance) : 0;
                sum += weight * signal[other];
                weights += weight;
            }

            return sum / weights;
        })];
    }

    private static List<(int Place, bool IsLarge)> Turns(double[] values, double prominence)
    {
        var turns = new List<(int Place, bool IsLarge)>();
        int largest = 0, smallest = 0;
        bool? rising = null;
        for (int i = 1; i < values.Length; i++)
        {
            largest = values[i] > values[largest] ? i : largest;
            smallest = values[i] < values[smallest] ? i : smallest;
            if (rising != false && values[largest] - values[i] >= prominence)
            {
                turns.Add((largest, true));
                (rising, smallest) = (false, i);
            }
            else if (rising != true && values[i] - values[smallest] >= prominence)
            {
                turns.Add((smallest, false));
                (rising, largest) = (true, i);
            }
        }

        // The way to the clip's end has swung far enough too: its far end counts.
        if (turns.Count > 0)
        {
            turns.Add(rising == true ? (largest, true) : (smallest, false));
        }

        return turns;
    }

    private static void DropUnfinishedEnds(List<(int Place, bool IsLarge)> turns, double[] values, double tolerance)
    {
        foreach (bool atStart in new[] { true, false })
        {
            if (turns.Count == 0)
            {
                return;
            }

            var end = atStart ? turns[0] : turns[^1];
            double[] others = [.. turns.Where(turn => turn.IsLarge == end.IsLarge && turn.Place > 0 && turn.Place < values.Length - 1).Select(turn => values[turn.Place]).Order()];
            if (end.Place == (atStart ? 0 : values.Length - 1) && others.Length > 0 && Math.Abs(values[end.Place] - others[others.Length / 2]) > tolerance)
            {
                turns.RemoveAt(atStart ? 0 : turns.Count - 1);
            }
        }
    }

    private void DropCloseTurns(List<(int Place, bool IsLarge)> turns, double[] values, Func<int, double> timeMs, bool ofDiastoles)
    {
        while (turns.Count > 2)
        {
            double Swing(int i) => Math.Abs(values[turns[i].Place] - values[turns[i + 1].Place]);

            // Smallest swings go first, so that no real one goes for the sake of a false one.
            int[] close = [.. Enumerable.Range(0, turns.Count - 2).Where(i => turns[i].IsLarge == ofDiastoles && timeMs(turns[i + 2].Place) - timeMs(turns[i].Place) < _options.MinimumDistanceMs)];
            if (close.Length == 0)
            {
                return;
            }

            // The two ends of a swing go; at the clip's ends one turn alone can go.
            int smaller = close.SelectMany(i => new[] { i, i + 1 }).MinBy(Swing);
            if (smaller == 0)
            {
                turns.RemoveAt(0);
            }
            else if (smaller == turns.Count - 2)
            {
                turns.RemoveAt(turns.Count - 1);
            }
            else
            {
                turns.RemoveRange(smaller, 2);
            }
        }
    }

    // Which of several tops between two systoles the dropped swings left is chance.
    private static void SettleDiastoles(List<(int Place, bool IsLarge)> turns, double[] values, double level)
    {
        for (int i = 0; i < turns.Count; i++)
        {
            // After the last systole no contraction says when diastole ends.
            if (turns[i].IsLarge && i < turns.Count - 1)
            {
                int first = i == 0 ? 0 : turns[i - 1].Place + 1;
                var between = Enumerable.Range(first, turns[i + 1].Place - first).ToArray();
                double top = between.Max(place => values[place]);
                int last = between.Last(place => values[place] >= top - level);
                turns[i] = (between.Reverse().SkipWhile(place => place > last).TakeWhile(place => values[place] >= top - level).MaxBy(place => values[place]), true);
            }
        }
    }

    private static List<Beat> Beats(List<(int Frame, bool IsLarge)> turns)
    {
        var beats = new List<Beat>();
        if (turns.Count > 0 && !turns[0].IsLarge)
        {
            beats.Add(new Beat(null, turns[0].Frame, turns.Count > 1 ? turns[1].Frame : null));
        }

        for (int i = 0; i < turns.Count; i++)
        {
            // A last end diastole is the end of the beat before it, and the start of one that is not seen.
            if (turns[i].IsLarge && (i + 1 < turns.Count || turns.Count == 1))
            {
                beats.Add(new Beat(turns[i].Frame, i + 1 < turns.Count ? turns[i + 1].Frame : null, i + 2 < turns.Count ? turns[i + 2].Frame : null));
            }
        }

        return beats;
    }
}
