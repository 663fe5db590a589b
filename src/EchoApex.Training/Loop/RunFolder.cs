using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// The folder of a run: config.yaml, metrics.jsonl, tensorboard/, checkpoints/step-000123/, model/, and
/// divergence/step-000123/ when it came to that.
/// </summary>
internal sealed class RunFolder
{
    internal const string StateName = "state.json";
    internal const string TensorsName = "state.safetensors";
    private const string ConfigName = "config.yaml";
    private const string ModelName = "model";
    private const string CheckpointsName = "checkpoints";
    private const string StepPrefix = "step-";
    private const string PartialSuffix = ".partial";
    private const string FreshSuffix = ".new";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private RunFolder(string root) => Root = root;

    public string Root { get; }

    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    /// <summary>Where the processes of a run say that they live.</summary>
    public string Ranks => Path.Combine(Root, "ranks");

    public string Events => Path.Combine(Root, "tensorboard");

    public string Model => Path.Combine(Root, ModelName);

    private string Checkpoints => Path.Combine(Root, CheckpointsName);

    private string Divergence => Path.Combine(Root, "divergence");

    /// <summary>Starts a new run folder.</summary>
    /// <exception cref="EchoApexException">The folder exists and is not empty.</exception>
    public static RunFolder Create(string root, PretrainingOptions options, string heading)
    {
        if (File.Exists(Path.Combine(root, ConfigName)))
        {
            throw new EchoApexException($"The run folder '{root}' exists. Go on with it by --resume, or choose another folder; nothing was written.");
        }

        var folder = new RunFolder(root);
        if (Directory.Exists(root))
        {
            // All that a kill can leave before there is a configuration; the folder may be somebody else's, so nothing more is touched.
            RemovePartial(root, ConfigName);
        }

        AtomicOutput.RequireNew(root);
        AtomicOutput.WriteText(Path.Combine(root, ConfigName), heading + ConfigurationWriter.ToYaml(options));
        return folder;
    }

    /// <summary>The folder of a run that another process has just created or opened.</summary>
    public static RunFolder Join(string root) => new(root);

    /// <summary>Opens a run folder to go on with it.</summary>
    /// <exception cref="ConfigurationException">There is no run, or it was started with other options; all are named.</exception>
    public static RunFolder Resume(string root, PretrainingOptions options)
    {
        string path = Path.Combine(root, ConfigName);
        if (!File.Exists(path))
        {
            throw new ConfigurationException(root, $"there is no run to resume: {ConfigName} is missing. Leave --resume out to start one.");
        }

        var started = new ConfigurationLoader().LoadFile<PretrainingOptions>(path);
        var differences = PretrainingOptions.Differences(started, options);
        if (differences.Count > 0)
        {
            throw new ConfigurationException(path, [.. differences.Select(difference => difference + " A run is resumed with the options it was started with.")]);
        }

        var folder = new RunFolder(root);
        folder.RemoveLeftovers();
        return folder;
    }

    /// <summary>The newest checkpoint; null when none was written yet.</summary>
    public string? LatestCheckpoint() => AllCheckpoints().LastOrDefault();

    /// <summary>Where the exported model of any run lies.</summary>
    public static string ModelOf(string run) => Path.Combine(run, ModelName);

    /// <summary>The tensors of the newest checkpoint of any run; null when there is none.</summary>
    public static string? LatestTensorsOf(string run) =>
        new RunFolder(run).LatestCheckpoint() is { } checkpoint ? Path.Combine(checkpoint, TensorsName) : null;

    public string CheckpointOf(long step) => Path.Combine(Checkpoints, NameOf(step));

    /// <summary>Writes a checkpoint whole or not at all, then deletes those beyond the number to keep.</summary>
    public string WriteCheckpoint(RunState state, SelfDistillationTrainer trainer, int keep)
    {
        string path = CheckpointOf(state.Step);
        if (!File.Exists(Path.Combine(path, StateName)))
        {
            AtomicOutput.CreateFolder(path, folder => Write(folder, state, trainer));
        }

        foreach (string old in AllCheckpoints().SkipLast(keep).Where(old => old != path))
        {
            Remove(old);
        }

        return path;
    }

    /// <summary>Restores a checkpoint.</summary>
    /// <exception cref="CheckpointException">It is damaged or does not fit the run.</exception>
    public static RunState ReadCheckpoint(string path, SelfDistillationTrainer trainer)
    {
        var state = ReadState(path);
        using var tensors = SafetensorsFile.Open(Path.Combine(path, TensorsName));
        trainer.LoadState(tensors);
        return state;
    }

    /// <summary>Where a checkpoint stands, without its tensors.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static RunState ReadState(string path)
    {
        string file = Path.Combine(path, StateName);
        try
        {
            return JsonSerializer.Deserialize<RunState>(File.ReadAllText(file), Json) is { Step: >= 0, SamplerPosition: >= 0, Clips: > 0 } state ? state
                : throw new CheckpointException(file, "has no step, sampler position or number of clips. Delete the folder to resume from the checkpoint before.");
        }
        catch (JsonException error)
        {
            throw new CheckpointException(file, $"is not a checkpoint's state: {error.Message} Delete the folder to resume from the checkpoint before.", error);
        }
    }

    /// <summary>Saves what led to a step that is not finite.</summary>
    public string Capture(PretrainingOptions options, RunState state, SelfDistillationTrainer trainer, Tensor globals, Tensor? locals, IReadOnlyDictionary<string, double> terms, IEnumerable<string> samples)
    {
        var processes = trainer.Processes;
        string path = Path.Combine(Divergence, NameOf(state.Step + 1) + (processes.WorldSize == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-rank-{processes.Rank}")));
        Remove(path);
        AtomicOutput.CreateFolder(path, folder =>
        {
            DivergenceCapture.Write(folder, options, state.Step + 1, globals, locals, terms, samples, processes);
            Write(folder, state, trainer);
        });
        return path;
    }

    /// <summary>Writes the model folder beside the old one and puts it in its place.</summary>
    public void ReplaceModel(Action<string> save)
    {
        string fresh = Model + FreshSuffix;
        Remove(fresh);
        save(fresh);
        Remove(Model);
        Directory.Move(fresh, Model);
    }

    private IEnumerable<string> AllCheckpoints() =>
        Directory.Exists(Checkpoints)
            ? Directory.EnumerateDirectories(Checkpoints, StepPrefix + "*").Where(folder => File.Exists(Path.Combine(folder, StateName)) && StepOf(folder) is not null).OrderBy(StepOf)
            : [];

    private static void Write(string folder, RunState state, SelfDistillationTrainer trainer)
    {
        var owned = new List<Tensor>();
        try
        {
            SafetensorsWriter.Write(Path.Combine(folder, TensorsName), trainer.SaveState(owned));
        }
        finally
        {
            owned.ForEach(tensor => tensor.Dispose());
        }

        AtomicOutput.WriteText(Path.Combine(folder, StateName), JsonSerializer.Serialize(state, Json));
    }

    // What a killed process was writing or deleting; a run belongs to one process at a time.
    private void RemoveLeftovers()
    {
        RemovePartial(Root, ConfigName);
        RemovePartial(Root, Path.GetFileName(Metrics));
        RemovePartial(Root, ModelName);
        RemovePartial(Checkpoints, StepPrefix);
        RemovePartial(Divergence, StepPrefix);
        Remove(Model + FreshSuffix);
    }

    private static void RemovePartial(string folder, string name)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string file in Directory.GetFiles(folder, name + "*" + PartialSuffix))
        {
            File.Delete(file);
        }

        foreach (string inner in Directory.GetDirectories(folder, name + "*" + PartialSuffix))
        {
            Directory.Delete(inner, recursive: true);
        }
    }

    // Renamed first, so that a kill in the middle never leaves half a folder under a name that counts.
    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            string doomed = $"{folder}.{Guid.NewGuid():N}{PartialSuffix}";
            Directory.Move(folder, doomed);
            Directory.Delete(doomed, recursive: true);
        }
    }

    private static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:000000}");

    private static long? StepOf(string folder)
    {
        string name = Path.GetFileName(folder);
        return !name.EndsWith(PartialSuffix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(StepPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : null;
    }
}
