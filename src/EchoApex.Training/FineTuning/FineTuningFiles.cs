namespace EchoApex.Training.FineTuning;

/// <summary>What a run writes while it trains.</summary>
public sealed record FineTuningFiles
{
    /// <summary>A metrics.jsonl; null for none.</summary>
    public string? Metrics { get; init; }

    /// <summary>A folder for the run's checkpoint, replaced every <see cref="FineTuningOptions.CheckpointEvery"/> steps and when the run is cancelled; null for none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Go on from that checkpoint, with the numbers of a run that was never interrupted (same number of libtorch threads).</summary>
    public bool Resume { get; init; }
}
