using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>What a worker made of a file.</summary>
/// <param name="Audit">Its audit.</param>
/// <param name="Clip">Its encoded clip; null unless it is to be stored.</param>
/// <param name="Signature">Hashes to compare it by; empty unless it is to be stored.</param>
/// <param name="Busy">Time that the worker took.</param>
/// <param name="Decoding">The share of it spent in decoders.</param>
internal sealed record ClipOutcome(ClipAudit Audit, EncodedClip? Clip, IReadOnlyList<PerceptualHash> Signature, TimeSpan Busy, TimeSpan Decoding);
