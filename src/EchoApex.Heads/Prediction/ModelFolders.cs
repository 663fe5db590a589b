using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Prediction;

/// <summary>Finds the fine-tuned models of a folder.</summary>
internal static class ModelFolders
{
    private const string OfRun = "model";

    /// <summary>The folder itself, its run's model, or the models directly below it, in ordinal order.</summary>
    public static IReadOnlyList<string> Find(string folder)
    {
        if (Own(folder) is { } own)
        {
            return [own];
        }

        if (!Directory.Exists(folder))
        {
            throw new CheckpointException(folder, "this folder of models does not exist.");
        }

        string[] found = [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(Own).OfType<string>()];
        return found.Length > 0
            ? found
            : throw new CheckpointException(folder, $"holds no fine-tuned model: neither it nor a folder directly below it has a {TaskModelFolder.ConfigFile}. Make one with 'echoapex finetune'.");
    }

    private static string? Own(string folder) =>
        TaskModelFolder.Is(folder) ? folder
        : TaskModelFolder.Is(Path.Combine(folder, OfRun)) ? Path.Combine(folder, OfRun)
        : null;
}
