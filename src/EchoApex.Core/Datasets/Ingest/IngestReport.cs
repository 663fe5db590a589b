namespace EchoApex.Core.Datasets.Ingest;

/// <summary>What came of an ingestion.</summary>
/// <param name="Clips">The audit of every file of this run's input that looked like a clip, in the order of the input.</param>
/// <param name="PassedOver">Files that are no clips.</param>
/// <param name="Resumed">Clips of <paramref name="Clips"/> that an earlier run had finished.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="Busy">Time of all workers together.</param>
/// <param name="Decoding">Share of <paramref name="Busy"/> that went into decoders.</param>
public sealed record IngestReport(IReadOnlyList<ClipAudit> Clips, int PassedOver, int Resumed, TimeSpan Elapsed, TimeSpan Busy, double Decoding)
{
    /// <summary>The audits of all clips that the shards hold, in their order: those of earlier runs included, whatever their input is now.</summary>
    public IReadOnlyList<ClipAudit> Set { get; init; } = [];

    /// <summary>Clips worked on in a second of wall time, those of earlier runs left out.</summary>
    public double ClipsPerSecond => Elapsed.TotalSeconds > 0 ? (Clips.Count - Resumed) / Elapsed.TotalSeconds : 0;

    /// <summary>How many clips had a decision.</summary>
    public int Count(IngestDecision decision) => Clips.Count(clip => clip.Decision == decision);

    /// <summary>Counts by decision and reason, most frequent first.</summary>
    public IReadOnlyList<(IngestDecision Decision, string Reason, int Count)> Reasons =>
    [
        .. Clips.GroupBy(clip => (clip.Decision, Reason: clip.Reason ?? ""))
            .Select(group => (group.Key.Decision, group.Key.Reason, group.Count()))
            .OrderBy(row => row.Decision).ThenByDescending(row => row.Item3).ThenBy(row => row.Reason, StringComparer.Ordinal),
    ];
}
