using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <summary>The one checkpoint of a fine-tuning run: a folder with state.json and state.safetensors that is replaced as a whole.</summary>
internal static class FineTuningCheckpoint
{
    private const string StateName = "state.json";
    private const string TensorsName = "state.safetensors";
    private const string OldSuffix = ".old";
    private const string PartialPattern = "*.partial";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Whether there is one to resume from.</summary>
    public static bool Exists(string folder) => Find(folder) is not null;

    /// <summary>Writes beside the old one, then takes its place; a kill at any moment leaves one of them.</summary>
    public static void Write(string folder, FineTuningState state, IReadOnlyDictionary<string, Tensor> tensors)
    {
        string old = folder + OldSuffix;
        if (Directory.Exists(folder))
        {
            Delete(old);
            Directory.Move(folder, old);
        }

        AtomicOutput.CreateFolder(folder, fresh =>
        {
            SafetensorsWriter.Write(Path.Combine(fresh, TensorsName), tensors);
            AtomicOutput.WriteText(Path.Combine(fresh, StateName), JsonSerializer.Serialize(state, Json));
        });
        Delete(old);
    }

    /// <summary>Reads it; the caller disposes the tensors.</summary>
    /// <exception cref="CheckpointException">There is none, or it is damaged.</exception>
    public static (FineTuningState State, Dictionary<string, Tensor> Tensors) Read(string folder)
    {
        string found = Find(folder) ?? throw new CheckpointException(folder, "holds no checkpoint to resume from. Start the run without resuming, in another folder.");
        string file = Path.Combine(found, StateName);
        FineTuningState state;
        try
        {
            state = JsonSerializer.Deserialize<FineTuningState>(File.ReadAllText(file), Json) ?? throw new JsonException("it is empty.");
        }
        catch (JsonException error)
        {
            throw new CheckpointException(file, $"is not a checkpoint's state: {error.Message} Start the run again in another folder.", error);
        }

        using var tensors = SafetensorsFile.Open(Path.Combine(found, TensorsName));
        return (state, tensors.Tensors.Keys.ToDictionary(name => name, tensors.Read, StringComparer.Ordinal));
    }

    /// <summary>Takes away the checkpoint of a run that is complete, the one before it, and what kills left half written.</summary>
    public static void Remove(string folder)
    {
        Delete(folder);
        Delete(folder + OldSuffix);
        RemoveLeftovers(folder);
    }

    /// <summary>Takes away what kills left half written beside the checkpoint: other checkpoints, metrics, models.</summary>
    public static void RemoveLeftovers(string folder)
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(folder))!;
        if (!Directory.Exists(parent))
        {
            return;
        }

        foreach (string leftover in Directory.GetDirectories(parent, PartialPattern))
        {
            Delete(leftover);
        }

        foreach (string leftover in Directory.GetFiles(parent, PartialPattern))
        {
            File.Delete(leftover);
        }
    }

    // A kill between the two moves leaves the old one alone.
    private static string? Find(string folder) =>
        new[] { folder, folder + OldSuffix }.FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, StateName)));

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
