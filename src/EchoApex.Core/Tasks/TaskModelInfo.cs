using System.Text.Json;
using EchoApex.Core.Adapters;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tasks;

/// <summary>The contents of a fine-tuned model's task.json.</summary>
public sealed record TaskModelInfo
{
    /// <summary>The version that this EchoApex writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Counts changes that an older EchoApex could not read.</summary>
    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>The task: "view", "segment", "measure", "ef".</summary>
    public required string Task { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>What the outputs mean, in order: views, structures or points; empty where a task has none.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The head's options, as its task writes and reads them.</summary>
    public required JsonElement Options { get; init; }

    /// <summary>How clips become input; its size may differ from the encoder's own.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>The encoder.</summary>
    public required EncoderReference Encoder { get; init; }

    /// <summary>The adapters; null for an encoder that was fine-tuned whole or not at all.</summary>
    public AdapterOptions? Adapters { get; init; }

    /// <summary>How the model was trained and what it reached, as words and numbers for the model card.</summary>
    public IReadOnlyDictionary<string, string> Training { get; init; } = new Dictionary<string, string>();

    /// <summary>When the folder was made, UTC.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Version of EchoApex that wrote the folder.</summary>
    public string EchoApexVersion { get; init; } = "";
}
