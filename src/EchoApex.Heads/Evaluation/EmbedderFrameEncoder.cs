using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>The tokens of an encoder.</summary>
/// <param name="name">What a table calls it.</param>
/// <param name="embedder">The encoder; it stays the caller's.</param>
public sealed class EmbedderFrameEncoder(string name, Embedder embedder) : IFrameEncoder
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public FrameFeatures Encode(LabelledFrameBatch batch, bool patches)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var result = embedder.Embed(batch.Images, patches);
        return new FrameFeatures(result.Cls, result.Dimension, result.Patches, result.Dimension, result.GridHeight, result.GridWidth) { PatchesAreTokens = true };
    }
}
