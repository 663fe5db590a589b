using System.Diagnostics;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using Microsoft.Extensions.Logging;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>One run: a bounded number of clips in work on several threads, taken in the order of the input, written by one thread.</summary>
internal sealed class IngestRun(string folder, IngestOptions options, Pseudonymizer pseudonyms, string temporary, IProgress<int>? progress, ILogger? logger)
{
    private readonly AuditStore _audits = new(folder);
    private readonly DuplicateIndex _duplicates = new();
    private readonly List<ClipAudit> _clips = [];
    private readonly List<(string Key, string Name)> _sources = [];
    private TimeSpan _busy, _decoding;
    private int _resumed;

    public IngestReport Run(IReadOnlyList<string> inputs, string? sources, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using var writer = ShardWriter.Open(folder, options.Shards);

        // The folder is locked now: what is half written was left by a run that was killed.
        foreach (string leftover in Directory.EnumerateFiles(folder, "*.partial", SearchOption.AllDirectories))
        {
            File.Delete(leftover);
        }

        string? dicom = options.WriteDicom ? Path.Combine(folder, "dicom") : null;
        var processor = new ClipProcessor(options, pseudonyms, dicom);
        var walker = new InputWalker(inputs, pseudonyms, folder, temporary, key => IsDone(key, writer));
        var pending = new Queue<Task<ClipOutcome>>();
        try
        {
            foreach (var item in walker.Items())
            {
                cancellationToken.ThrowIfCancellationRequested();
                _sources.Add((item.Key, item.Name));
                pending.Enqueue(item.Path is null && item.Fault is null
                    ? Task.FromResult(new ClipOutcome(_audits.Find(item.Key)!, null, [], default, default))
                    : Task.Run(() => processor.Process(item, cancellationToken), cancellationToken));
                if (pending.Count > options.Workers)
                {
                    Take(pending.Dequeue().GetAwaiter().GetResult(), writer, dicom);
                }
            }

            while (pending.TryDequeue(out var task))
            {
                Take(task.GetAwaiter().GetResult(), writer, dicom);
            }
        }
        finally
        {
            Task.WhenAll(pending).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }

        writer.Complete();
        IngestTables.Write(folder, _clips, walker.PassedOver);
        if (sources is not null)
        {
            var byKey = _clips.ToDictionary(clip => clip.Key, StringComparer.Ordinal);
            IngestTables.WriteCsv(sources, ["clip", "decision", "reason", "source"], _sources.Select(pair => new object?[] { pair.Key, byKey[pair.Key].Decision, byKey[pair.Key].Reason, pair.Name }));
        }

        return new IngestReport(_clips, walker.PassedOver, _resumed, Stopwatch.GetElapsedTime(start), _busy, _busy > TimeSpan.Zero ? _decoding / _busy : 0);
    }

    // A stored clip whose shard was never finished is made again.
    private bool IsDone(string key, ShardWriter writer) =>
        _audits.Find(key) is { } audit && (audit.Decision != IngestDecision.Stored || writer.Contains(key));

    private void Take(ClipOutcome outcome, ShardWriter writer, string? dicom)
    {
        var audit = outcome.Audit;
        bool resumed = outcome.Busy == default;
        if (resumed)
        {
            _resumed++;
            if (audit.Decision == IngestDecision.Stored)
            {
                _duplicates.Add(audit.Key, audit.Frames, [.. (audit.Signature ?? []).Select(text => PerceptualHash.Parse(text) ?? default)]);
            }
        }
        else if (outcome.Clip is { } clip)
        {
            audit = Store(audit, clip, outcome.Signature, writer, dicom);
        }

        if (!resumed)
        {
            _audits.Write(audit);
            (_busy, _decoding) = (_busy + outcome.Busy, _decoding + outcome.Decoding);
        }

        _clips.Add(audit);
        if (audit.Decision is IngestDecision.Quarantined or IngestDecision.Failed)
        {
            logger?.LogInformation("{Decision} {Key}: {Reason}", audit.Decision, audit.Key, audit.Reason);
        }

        progress?.Report(_clips.Count);
    }

    private ClipAudit Store(ClipAudit audit, EncodedClip clip, IReadOnlyList<PerceptualHash> signature, ShardWriter writer, string? dicom)
    {
        if (options.DropDuplicates && _duplicates.Find(audit.Frames, signature) is { } original)
        {
            if (dicom is not null)
            {
                File.Delete(Path.Combine(dicom, audit.Key + ".dcm"));
            }

            return audit with { Decision = IngestDecision.Excluded, Reason = "shows what another clip shows", DuplicateOf = original, Split = null };
        }

        _duplicates.Add(audit.Key, audit.Frames, signature);

        // In the set already when only its audit was lost.
        if (!writer.Contains(audit.Key))
        {
            writer.Add(clip);
        }

        return audit;
    }
}
