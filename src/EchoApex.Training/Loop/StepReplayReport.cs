namespace EchoApex.Training.Loop;

/// <summary>What the repetition of a diverged step has shown.</summary>
public sealed record StepReplayReport
{
    private static readonly string[] Sums = ["loss", "total_loss"];

    /// <summary>The step, counted from 1.</summary>
    public required long Step { get; init; }

    /// <summary>Loss terms and other values of the step by name, as the run saw them.</summary>
    public required IReadOnlyDictionary<string, double> Recorded { get; init; }

    /// <summary>The same as the repetition saw them.</summary>
    public required IReadOnlyDictionary<string, double> Replayed { get; init; }

    /// <summary>Clips of the batch, in its order.</summary>
    public required IReadOnlyList<string> Samples { get; init; }

    /// <summary>"globals", "locals" when the batch itself holds an infinity or a NaN.</summary>
    public required IReadOnlyList<string> NonFiniteInputs { get; init; }

    /// <summary>Weights of student and teacher that were not finite before the step: then an earlier step is to blame.</summary>
    public required IReadOnlyList<string> NonFiniteWeights { get; init; }

    /// <summary>The student's parameters whose gradient, or its float32 norm, is not finite.</summary>
    public required IReadOnlyList<string> NonFiniteGradients { get; init; }

    /// <summary>Whether the repetition has the run's terms to the last bit.</summary>
    public bool Reproduced => Recorded.Count == Replayed.Count && Recorded.All(term => Replayed.TryGetValue(term.Key, out double value) && value.Equals(term.Value));

    /// <summary>
    /// The first value of the repetition that is not finite: a single loss term if there is one, else a sum of them, else
    /// a gradient norm; null when all are finite.
    /// </summary>
    public string? FirstNonFiniteTerm => Replayed.Where(term => !double.IsFinite(term.Value)).Select(term => term.Key).OrderBy(Rank).FirstOrDefault();

    private static int Rank(string name) => name.StartsWith("gradient_norm", StringComparison.Ordinal) ? 2 : Sums.Contains(name) ? 1 : 0;
}
