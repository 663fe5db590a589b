namespace EchoApex.Core.Datasets.Shards;

/// <summary>A fault that <see cref="ShardVerifier"/> found.</summary>
/// <param name="File">The archive or index.</param>
/// <param name="Clip">The clip's key; null when the fault is of no one clip.</param>
/// <param name="Frame">Zero-based frame; null when the fault is of no one frame.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ShardFinding(string File, string? Clip, int? Frame, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}: {(Clip is null ? "" : $"clip '{Clip}': ")}{(Frame is { } frame ? $"frame {frame}: " : "")}{Message}";
}
