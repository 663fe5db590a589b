using System.Globalization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Embedding;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Probing;

/// <summary>Where an encoder lies, and how its weights were before training.</summary>
/// <param name="ModelFolder">Its model folder.</param>
/// <param name="Run">The configuration of its run, when a run folder was named.</param>
internal sealed record EncoderOrigin(string ModelFolder, PretrainingOptions? Run)
{
    /// <summary>Understands a model folder, or a run folder with an exported model.</summary>
    public static EncoderOrigin Of(string path)
    {
        string config = Path.Combine(path, EncoderFolder.RunConfiguration);
        return new EncoderOrigin(EncoderFolder.Of(path), File.Exists(config) ? new ConfigurationLoader().LoadFile<PretrainingOptions>(config) : null);
    }

    /// <summary>Names of ways to start, as the command line and model folders write them.</summary>
    public static string NameOf(BackboneInitializationKind kind) => kind == BackboneInitializationKind.FanIn ? "fan_in" : "reference";

    /// <summary>The same encoder as it was before training.</summary>
    /// <param name="initialization">How the weights start; null to take what the run or the model folder says.</param>
    /// <param name="seed">Seed of the weights; null to take the run's, or 0.</param>
    /// <exception cref="ConfigurationException">It is not known how the weights start.</exception>
    public Embedder Untrained(string? initialization, ulong? seed)
    {
        using var model = Core.Checkpoints.ModelFolder.Load(ModelFolder);
        string? known = initialization ?? (Run is null ? model.Info.Training.GetValueOrDefault("initialization") : NameOf(Run.Backbone.Initialization));
        var kind = known switch
        {
            "fan_in" => BackboneInitializationKind.FanIn,
            "reference" => BackboneInitializationKind.Reference,
            null => throw new ConfigurationException("command line", $"the untrained encoder cannot be built: {ModelFolder} does not say how its weights started. Name it with --initialization reference or --initialization fan_in, or name the run folder instead of the model."),
            _ => throw new ConfigurationException("command line", $"the initialization '{known}' is unknown; it is reference or fan_in."),
        };
        ulong start = seed ?? Run?.Seed ?? (ulong.TryParse(model.Info.Training.GetValueOrDefault("seed"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong own) ? own : 0);
        return Embedder.Own(UntrainedEncoder.Create(model.Backbone.Config, kind, start), model.Preprocessing);
    }
}
