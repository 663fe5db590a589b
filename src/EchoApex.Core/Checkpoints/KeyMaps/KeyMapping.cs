namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>How a file's tensors fit a network: the network's key names with their sources, and what is left out by design.</summary>
/// <param name="Tensors">By the network's key name (the reference's, such as blocks.0.attn.qkv.weight).</param>
/// <param name="Dropped">Names in the file that are no part of an encoder: heads, the student, optimizer state.</param>
/// <param name="Prefix">What stood before the encoder's names in the file; empty for a plain file.</param>
public sealed record KeyMapping(IReadOnlyDictionary<string, MappedTensor> Tensors, IReadOnlyList<string> Dropped, string Prefix)
{
    /// <summary>A file that already has the network's names.</summary>
    public static KeyMapping Identity(IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return new KeyMapping(
            tensors.ToDictionary(pair => pair.Key, pair => new MappedTensor(pair.Key, pair.Value.Dtype, pair.Value.Shape), StringComparer.Ordinal),
            [],
            "");
    }
}
