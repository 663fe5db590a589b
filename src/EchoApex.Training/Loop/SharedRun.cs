using System.Globalization;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// A run folder that all processes of a run share: they agree on what they run before it is touched, process 0 writes, and
/// each says in it that it lives. With one process it is the folder alone.
/// </summary>
internal sealed class SharedRun : IDisposable
{
    private readonly ProcessGroup _group;
    private readonly PretrainingOptions _options;
    private readonly RankBoard? _board;

    /// <summary>Makes or opens the folder.</summary>
    /// <exception cref="ConfigurationException">The processes were started differently, or the folder's run was started with other options.</exception>
    /// <exception cref="CollectiveException">Process 0 could not open the folder.</exception>
    public SharedRun(ProcessGroup group, PretrainingOptions options, string path, bool resume, IFrameSource data, string comment)
    {
        (_group, _options) = (group, options);
        RequireAgreement(resume, data);
        Folder = Open(path, resume, comment);
        _board = Processes.WorldSize > 1 ? OpenBoard() : null;
    }

    /// <summary>The folder.</summary>
    public RunFolder Folder { get; }

    private ICollective Processes => _group.Collective;

    private bool IsFirst => Processes.Rank == 0;

    /// <summary>Tells the other processes why this one fails.</summary>
    public void Fail(string reason) => _board?.Fail(reason);

    /// <summary>Refuses to go on when the processes' states differ.</summary>
    public void RequireEqual(SelfDistillationTrainer trainer, string where)
    {
        if (Processes.WorldSize > 1)
        {
            trainer.MergeUsage();
            RunAgreement.RequireEqual(Processes, trainer.Fingerprint(), where, _group.Device);
        }
    }

    /// <summary>Writes a checkpoint: all hold the same state, so one writes; the others wait, so that none runs ahead of what is on disk.</summary>
    public string WriteCheckpoint(RunState state, SelfDistillationTrainer trainer)
    {
        RequireEqual(trainer, $"at the checkpoint after step {state.Step}");
        string path = IsFirst ? Folder.WriteCheckpoint(state, trainer, _options.Run.KeepCheckpoints) : Folder.CheckpointOf(state.Step);
        Processes.Barrier();
        return path;
    }

    /// <summary>
    /// Saves what led to a step that is not finite. Of several processes those do whose own loss is at fault; if none is, the
    /// gradients are, and process 0 does.
    /// </summary>
    /// <returns>The first folder that was written.</returns>
    public string Capture(RunState state, SelfDistillationTrainer trainer, Tensor globals_BCHW, Tensor? locals_BCHW, IReadOnlyDictionary<string, double> terms, IEnumerable<string> samples)
    {
        bool mine = Processes.WorldSize == 1 || !trainer.LossIsFinite;
        bool none = _group.Gather(mine ? "at fault" : "").All(text => text.Length == 0);
        string capture = mine || (none && IsFirst) ? Folder.Capture(_options, state, trainer, globals_BCHW, locals_BCHW, terms, samples) : "";
        return _group.Gather(capture).First(path => path.Length > 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _board?.Dispose();

    private void RequireAgreement(bool resume, IFrameSource data)
    {
        if (Processes.WorldSize > 1)
        {
            var facts = new Dictionary<string, string>(_options.Deciding())
            {
                [$"{data.UnitName} found"] = data.UnitCount.ToString(CultureInfo.InvariantCulture),
                ["data"] = data.Fingerprint ?? "",
                ["EchoApex"] = EnvironmentReport.Version,
                ["resume"] = resume.ToString(),
            };
            RunAgreement.Require(Processes, facts, _group.Device);
        }
    }

    // What process 0 has to say against the folder, all say.
    private RunFolder Open(string path, bool resume, string comment)
    {
        RunFolder? folder = null;
        EchoApexException? fault = null;
        if (IsFirst)
        {
            try
            {
                folder = resume ? RunFolder.Resume(path, _options) : RunFolder.Create(path, _options, comment);
            }
            catch (EchoApexException error)
            {
                fault = error;
            }
        }

        string said = _group.Gather(fault?.Message ?? "")[0];
        return fault is not null ? throw fault
            : said.Length > 0 ? throw new CollectiveException($"process 0 could not open the run folder: {said}")
            : folder ?? RunFolder.Join(path);
    }

    private RankBoard OpenBoard()
    {
        string run = _group.Gather(IsFirst ? Guid.NewGuid().ToString("N") : "")[0];
        var board = new RankBoard(Folder.Ranks, Processes, run);
        _group.Watch.Interval = TimeSpan.FromMilliseconds(Math.Max(300, 20 * Processes.WorldSize));
        _group.Watch.Look = board.FindFailure;
        _group.Watch.NameMissing = board.NameMissing;
        return board;
    }
}
