using System.Text.RegularExpressions;

namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>
/// Weights of DINOv2: hub files (dinov2_vits14_pretrain.pth, *_reg4_*), training checkpoints and teacher checkpoints, with and
/// without chunked blocks. Source: facebookresearch/dinov2, dinov2/models/vision_transformer.py (block_chunks), train/ssl_meta_arch.py.
/// </summary>
public sealed partial class DinoV2KeyMap : KeyMap
{
    /// <inheritdoc/>
    public override string Name => "dinov2";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Heads { get; } = ["head.", "dino_head.", "ibot_head.", "linear_head."];

    /// <inheritdoc/>
    /// <remarks>blocks.CHUNK.BLOCK.… becomes blocks.BLOCK.…: the second number counts through all chunks.</remarks>
    protected override string Rename(string key) => ChunkedBlock().Replace(key, "blocks.$1.");

    [GeneratedRegex(@"^blocks\.[0-9]+\.([0-9]+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex ChunkedBlock();
}
