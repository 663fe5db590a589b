using EchoApex.Core.Checkpoints.KeyMaps;

namespace EchoApex.Core.Checkpoints;

/// <summary>How weights are loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>The names in the file; null when they are the network's own.</summary>
    public KeyMapping? Mapping { get; init; }

    /// <summary>Whether a missing, unexpected or misshapen key is an error. Nothing is loaded then. Default true.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>
    /// Ends of key names that may be missing and are then set to zero, each reported. Default none. For instance
    /// "num_batches_tracked", which PyTorch before 0.4.1 did not save.
    /// </summary>
    public IReadOnlyList<string> ZeroIfMissing { get; init; } = [];

    /// <summary>What to say last in the error, such as another architecture to try.</summary>
    public string? Remedy { get; init; }
}
