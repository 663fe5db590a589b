using System.Diagnostics;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using Microsoft.Extensions.Logging;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>One run: a bounded number of clips in work on several threads, taken in the order of the input, written by one thread.</summary>
internal sealed class IngestRun(string folder, IngestOptions options, Pseudonymizer pseudonyms, string temporary, IProgress<int>? progress, ILogger? logger)
{
    private readonly string? _dicom = options.WriteDicom ? Path.Combine(folder, "dicom") : null;
    private readonly DuplicateIndex _duplicates = new();
    private readonly List<ClipAudit> _clips = [];
    private readonly List<(string Key, string Name)> _sources = [];
    private TimeSpan _busy, _decoding;
    private int _resumed;

    public IngestReport Run(IReadOnlyList<string> inputs, string? sources, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using var writer = ShardWriter.Open(folder, options.Shards);

        // The folder is locked now: what is half written, and what was taken out of archives, was left by a run that was killed.
        foreach (string leftover in Directory.EnumerateFiles(folder, "*.partial", SearchOption.AllDirectories))
        {
            File.Delete(leftover);
        }

        var audits = new AuditStore(folder, options.Workers);
        Remember(audits, writer);
        var names = new ClipNames(pseudonyms, audits.Find, audit => IsDone(audit, writer));
        var walker = new InputWalker(inputs, names, folder, temporary);
        DeleteTemporary();
        try
        {
            CreateTemporary();
            Work(walker, audits, writer, cancellationToken);
        }
        finally
        {
            DeleteTemporary();
        }

        writer.Complete();
        var set = SetOf(audits, writer);
        IngestTables.Write(folder, set, Others(audits), walker.PassedOver);
        if (sources is not null)
        {
            IngestTables.WriteSources(sources, audits, _sources);
        }

        return new IngestReport(_clips, walker.PassedOver, _resumed, Stopwatch.GetElapsedTime(start), _busy, _busy > TimeSpan.Zero ? _decoding / _busy : 0) { Set = set };
    }

    private void Work(InputWalker walker, AuditStore audits, ShardWriter writer, CancellationToken cancellationToken)
    {
        var processor = new ClipProcessor(options, pseudonyms, _dicom);
        var pending = new Queue<Task<ClipOutcome>>();
        try
        {
            foreach (var item in walker.Items())
            {
                cancellationToken.ThrowIfCancellationRequested();
                _sources.Add((item.Key, item.Name));
                pending.Enqueue(item.Done is { } done
                    ? Task.FromResult(ClipOutcome.Resumed(done))
                    : Task.Run(() => processor.Process(item, cancellationToken), cancellationToken));
                if (pending.Count > options.Workers)
                {
                    Take(pending.Dequeue().GetAwaiter().GetResult(), audits, writer);
                }
            }

            while (pending.TryDequeue(out var task))
            {
                Take(task.GetAwaiter().GetResult(), audits, writer);
            }
        }
        finally
        {
            Task.WhenAll(pending).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    // Originals lie there: nobody else may look.
    private void CreateTemporary()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(temporary);
        }
        else
        {
            Directory.CreateDirectory(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void DeleteTemporary()
    {
        if (Directory.Exists(temporary))
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    // Clips of earlier runs, whether this run's input has them or not.
    private void Remember(AuditStore audits, ShardWriter writer)
    {
        foreach (var clip in SetOf(audits, writer))
        {
            _duplicates.Add(clip.Key, clip.Frames, [.. (clip.Signature ?? []).Select(text => PerceptualHash.Parse(text) ?? default)]);
        }
    }

    // A clip whose shard was never finished, or whose original is no longer there, is made again.
    private static bool IsDone(ClipAudit audit, ShardWriter writer) => audit.Decision switch
    {
        IngestDecision.Stored => writer.Contains(audit.Key),
        IngestDecision.Excluded => audit.DuplicateOf is null || writer.Contains(audit.DuplicateOf),
        IngestDecision.Quarantined => true,

        // The cause may be gone: a disk that was full, a share that was not mounted.
        _ => false,
    };

    private static List<ClipAudit> SetOf(AuditStore audits, ShardWriter writer) =>
        [.. writer.Keys.Select(audits.Find).OfType<ClipAudit>().Where(audit => audit.Decision == IngestDecision.Stored)];

    // What cannot be read is this run's alone; what was decided stays. By key, so that the order does not depend on the runs.
    private List<ClipAudit> Others(AuditStore audits) =>
    [
        .. audits.All.Where(audit => audit.Decision is IngestDecision.Quarantined or IngestDecision.Excluded)
            .Concat(_clips.Where(audit => audit.Decision == IngestDecision.Failed))
            .OrderBy(audit => audit.Key, StringComparer.Ordinal),
    ];

    private void Take(ClipOutcome outcome, AuditStore audits, ShardWriter writer)
    {
        var audit = outcome.Audit;
        if (outcome.IsResumed)
        {
            _resumed++;
        }
        else
        {
            audit = outcome.Clip is { } clip ? Store(audit, clip, outcome.Signature, writer) : audit;
            audits.Write(audit);
            (_busy, _decoding) = (_busy + outcome.Busy, _decoding + outcome.Decoding);
        }

        _clips.Add(audit);
        if (audit.Decision is IngestDecision.Quarantined or IngestDecision.Failed)
        {
            logger?.LogInformation("{Decision} {Key}: {Reason}", audit.Decision, audit.Key, audit.Reason);
        }

        progress?.Report(_clips.Count);
    }

    private ClipAudit Store(ClipAudit audit, EncodedClip clip, IReadOnlyList<PerceptualHash> signature, ShardWriter writer)
    {
        if (options.DropDuplicates && _duplicates.Find(audit.Frames, signature) is { } original)
        {
            if (_dicom is not null)
            {
                File.Delete(Path.Combine(_dicom, audit.Key + ".dcm"));
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
