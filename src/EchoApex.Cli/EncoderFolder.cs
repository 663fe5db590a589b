using EchoApex.Core.Checkpoints;

namespace EchoApex.Cli;

/// <summary>Where an encoder lies: commands take its model folder, or the run folder of echoapex pretrain.</summary>
internal static class EncoderFolder
{
    /// <summary>The run's configuration, which tells a run folder.</summary>
    public const string RunConfiguration = "config.yaml";

    private const string InRun = "model";

    /// <summary>The model folder; that of a run may not be there yet.</summary>
    public static string Of(string path)
    {
        string model = Path.Combine(path, InRun);
        return !IsModel(path) && (IsModel(model) || File.Exists(Path.Combine(path, RunConfiguration))) ? model : path;
    }

    /// <summary>The same of an option that may be left out.</summary>
    public static string? OfOptional(string? path) => path is null ? null : Of(path);

    private static bool IsModel(string folder) => File.Exists(Path.Combine(folder, ModelFolder.ConfigFile));
}
