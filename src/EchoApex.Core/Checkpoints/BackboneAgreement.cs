using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints;

/// <summary>
/// Compares a configuration with the weights' shapes before the network is built: a config.json of unknown origin cannot
/// ask for more memory than its weights fill.
/// </summary>
internal static class BackboneAgreement
{
    /// <exception cref="CheckpointException">The configuration describes another network than the weights hold.</exception>
    public static void Check(ITensorSource source, BackboneConfig config, string configPath)
    {
        var tensors = KeyMapping.Identity(source.Tensors).Tensors;
        var shape = BackboneShape.Of(tensors);
        List<string> differences = [.. shape.Differences(config)];
        if (config.Family == "vit" && differences.Count == 0)
        {
            Require(tensors, "patch_embed.proj.weight", [config.EmbedDim, config.InputChannels, config.PatchSize, config.PatchSize], differences);
            Require(tensors, "blocks.0.mlp.fc1.weight", [(long)(config.EmbedDim * config.MlpRatio), config.EmbedDim], differences);
            if (shape.ImageSize != config.ImageSize)
            {
                differences.Add($"position table for {shape.ImageSize} pixels instead of {config.ImageSize}");
            }

            if (shape.HasLayerScale != config.LayerScale.HasValue)
            {
                differences.Add(shape.HasLayerScale ? "with LayerScale instead of without" : "without LayerScale instead of with");
            }

            int blocks = tensors.Keys.Count(key => key.StartsWith("blocks.", StringComparison.Ordinal));
            if (blocks < config.Depth)
            {
                differences.Add($"{blocks} tensors of blocks for {config.Depth} blocks");
            }
        }

        if (differences.Count > 0)
        {
            throw new CheckpointException(source.Path, $"holds another network than {configPath} describes: {string.Join(", ", differences)}. Take the folder from its source again.");
        }
    }

    private static void Require(IReadOnlyDictionary<string, MappedTensor> tensors, string key, long[] expected, List<string> differences)
    {
        if (tensors.TryGetValue(key, out var found) && !found.Shape.SequenceEqual(expected))
        {
            differences.Add($"{key} {TensorEntry.Describe(found.Shape)} instead of {TensorEntry.Describe(expected)}");
        }
    }
}
