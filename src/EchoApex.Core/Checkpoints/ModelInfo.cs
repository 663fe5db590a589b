using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints;

/// <summary>What a model folder says of its model besides the architecture and the preprocessing.</summary>
public sealed record ModelInfo
{
    /// <summary>A name for people, such as "DINOv2 ViT-S/14".</summary>
    public required string Name { get; init; }

    /// <summary>What the model does; "backbone" for an encoder without a head.</summary>
    public string Task { get; init; } = "backbone";

    /// <summary>Names of the classes, in the order of the outputs; empty for an encoder.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Licence of the weights as an SPDX name; null when it is not known.</summary>
    public string? License { get; init; }

    /// <summary>Where the weights came from; null for a model trained by EchoApex.</summary>
    public ModelProvenance? Provenance { get; init; }

    /// <summary>How the model was trained, as words and numbers for the model card: "epochs" = "100".</summary>
    public IReadOnlyDictionary<string, string> Training { get; init; } = new Dictionary<string, string>();

    /// <summary>When the folder was made, UTC; set by <see cref="ModelFolder.Save"/> where it is left out.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Version of EchoApex that wrote the folder; set by <see cref="ModelFolder.Save"/>.</summary>
    public string EchoApexVersion { get; init; } = "";

    /// <summary>Checks every value.</summary>
    /// <param name="source">Where the record came from, for the message.</param>
    /// <exception cref="ConfigurationException">Lists every fault.</exception>
    public void Validate(string source)
    {
        List<string> faults = [];
        if (string.IsNullOrWhiteSpace(Name))
        {
            faults.Add("name is empty; give the model a name.");
        }

        if (string.IsNullOrWhiteSpace(Task))
        {
            faults.Add("task is empty; it is \"backbone\" for an encoder.");
        }

        if (Labels is null || Labels.Any(string.IsNullOrWhiteSpace))
        {
            faults.Add("labels holds an empty name.");
        }

        if (Training is null)
        {
            faults.Add("training is null; leave it out or give an object.");
        }

        if (faults.Count > 0)
        {
            throw new ConfigurationException(source, faults);
        }
    }
}
