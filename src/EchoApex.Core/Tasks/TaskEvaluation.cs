using EchoApex.Core.Charts;
using EchoApex.Core.Datasets;

namespace EchoApex.Core.Tasks;

/// <summary>How well an encoder and a head do on one split.</summary>
public sealed record TaskEvaluation
{
    /// <summary>The figures, the most telling first.</summary>
    public required IReadOnlyList<TaskMetric> Metrics { get; init; }

    /// <summary>The figure that chooses among checkpoints, larger is better: accuracy, Dice, or an error times -1.</summary>
    public required double Selection { get; init; }

    /// <summary>Column names of <see cref="Cases"/>.</summary>
    public required IReadOnlyList<string> CaseColumns { get; init; }

    /// <summary>One row a case: what was true, what was said.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Cases { get; init; }

    /// <summary>Pictures by name: "confusion", "bland_altman".</summary>
    public IReadOnlyDictionary<string, IChart> Charts { get; init; } = new Dictionary<string, IChart>();

    /// <summary>Clips that could not be judged, with reasons.</summary>
    public IReadOnlyList<SkippedClip> Skipped { get; init; } = [];

    /// <summary>The figure of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public TaskMetric Metric(string name) =>
        Metrics.FirstOrDefault(metric => metric.Name == name)
        ?? throw new KeyNotFoundException($"There is no figure '{name}'; there are {string.Join(", ", Metrics.Select(metric => metric.Name))}.");
}
