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
    private const string ConfigName = "config.yaml";
    private const string StateName = "state.json";
    private const string TensorsName = "state.safetensors";
    private const string ModelName = "model";
    private const string CheckpointsName = "checkpoints";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private RunFolder(string root) => Root = root;

    public string Root { get; }

    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    public string Events => Path.Combine(Root, "tensorboard");

    public string Model => Path.Combine(Root, ModelName);

    private string Checkpoints => Path.Combine(Root, CheckpointsName);

    /// <summary>Starts a new run folder.</summary>
    /// <exception cref="EchoApexException">The folder exists and is not empty.</exception>
    public static RunFolder Create(string root, PretrainingOptions options, string heading)
    {
        if (File.Exists(Path.Combine(root, ConfigName)))
        {
            throw new EchoApexException($"The run folder '{root}' exists. Go on with it by --resume, or choose another folder; nothing was written.");
        }

        AtomicOutput.RequireNew(root);
        var folder = new RunFolder(root);
        AtomicOutput.WriteText(Path.Combine(root, ConfigName), heading + ConfigurationWriter.ToYaml(options));
        return folder;
    }

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
        return differences.Count == 0
            ? new RunFolder(root)
            : throw new ConfigurationException(path, [.. differences.Select(difference => difference + " A run is resumed with the options it was started with.")]);
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
            Directory.Delete(old, recursive: true);
        }

        return path;
    }

    /// <summary>Restores a checkpoint.</summary>
    /// <exception cref="CheckpointException">It is damaged or does not fit the run.</exception>
    public static RunState ReadCheckpoint(string path, SelfDistillationTrainer trainer)
    {
        string stateFile = Path.Combine(path, StateName);
        RunState? state;
        try
        {
            state = JsonSerializer.Deserialize<RunState>(File.ReadAllText(stateFile), Json);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(stateFile, $"is not a checkpoint's state: {error.Message} Delete the folder to resume from the checkpoint before.", error);
        }

        using var tensors = SafetensorsFile.Open(Path.Combine(path, TensorsName));
        trainer.LoadState(tensors);
        return state is { Step: >= 0, SamplerPosition: >= 0 } ? state
            : throw new CheckpointException(stateFile, "has no step or sampler position. Delete the folder to resume from the checkpoint before.");
    }

    /// <summary>Saves what led to a step that is not finite.</summary>
    public string Capture(RunState state, SelfDistillationTrainer trainer, Tensor globals, Tensor? locals, IReadOnlyDictionary<string, double> terms, IEnumerable<string> samples)
    {
        string path = Path.Combine(Root, "divergence", NameOf(state.Step + 1));
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        AtomicOutput.CreateFolder(path, folder =>
        {
            Write(folder, state, trainer);
            var batch = new Dictionary<string, Tensor> { ["globals"] = globals };
            if (locals is not null)
            {
                batch["locals"] = locals;
            }

            SafetensorsWriter.Write(Path.Combine(folder, "batch.safetensors"), batch);
            var values = terms.ToDictionary(term => term.Key, term => term.Value.ToString("R", CultureInfo.InvariantCulture));
            File.WriteAllText(Path.Combine(folder, "terms.json"), JsonSerializer.Serialize(new { step = state.Step + 1, terms = values, samples }, Json));
        });
        return path;
    }

    /// <summary>Writes the model folder beside the old one and puts it in its place.</summary>
    public void ReplaceModel(Action<string> save)
    {
        string fresh = Model + ".new";
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true);
        }

        save(fresh);
        if (Directory.Exists(Model))
        {
            Directory.Delete(Model, recursive: true);
        }

        Directory.Move(fresh, Model);
    }

    private IEnumerable<string> AllCheckpoints() =>
        Directory.Exists(Checkpoints)
            ? Directory.EnumerateDirectories(Checkpoints, "step-*").Where(folder => File.Exists(Path.Combine(folder, StateName)) && StepOf(folder) is not null).OrderBy(StepOf)
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

        File.WriteAllText(Path.Combine(folder, StateName), JsonSerializer.Serialize(state, Json));
    }

    private static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"step-{step:000000}");

    private static long? StepOf(string folder)
    {
        string name = Path.GetFileName(folder);
        return !name.Contains(".partial", StringComparison.Ordinal) && long.TryParse(name.AsSpan("step-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : null;
    }
}
