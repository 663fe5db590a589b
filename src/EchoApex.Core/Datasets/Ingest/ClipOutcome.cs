using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>What became of a file.</summary>
/// <param name="Audit">Its audit.</param>
/// <param name="Clip">Its encoded clip; null unless it is to be stored.</param>
/// <param name="Signature">Hashes to compare it by; empty unless it is to be stored.</param>
/// <param name="Busy">Time that the worker took.</param>
/// <param name="Decoding">The share of it spent in decoders.</param>
internal sealed record ClipOutcome(ClipAudit Audit, EncodedClip? Clip, IReadOnlyList<PerceptualHash> Signature, TimeSpan Busy, TimeSpan Decoding)
{
    /// <summary>Whether an earlier run has decided, so that no worker looked at the file and its audit stands already.</summary>
    public bool IsResumed { get; private init; }

    /// <summary>What an earlier run made of the file.</summary>
    public static ClipOutcome Resumed(ClipAudit audit) => new(audit, null, [], default, default) { IsResumed = true };
}
