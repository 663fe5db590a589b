using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Probing;

/// <summary>Where an encoder lies, and what is known of its run.</summary>
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

    /// <summary>How its weights started, as the command line names it: what the run says, else the model folder; null where neither does.</summary>
    public string? InitializationOf(ModelInfo info) => Run is null ? info.Training.GetValueOrDefault("initialization") : InitializationNames.Of(Run.Backbone.Initialization);
}
