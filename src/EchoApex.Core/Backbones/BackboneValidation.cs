using EchoApex.Core.Runtime;

namespace EchoApex.Core.Backbones;

/// <summary>Checks a configuration, which may come from a file of unknown origin, before anything is allocated.</summary>
internal static class BackboneValidation
{
    private const long MaximumParameters = 1L << 32;
    private const int MaximumTokens = 1 << 16;

    /// <summary>Throws one error that lists every fault.</summary>
    /// <exception cref="ConfigurationException">Something does not fit.</exception>
    public static void ThrowIfInvalid(BackboneConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var faults = new List<string>();
        Require(faults, config.ImageSize is >= 1 and <= 4096, nameof(config.ImageSize), config.ImageSize, "1 to 4096 pixels");
        Require(faults, config.InputChannels is >= 1 and <= 16, nameof(config.InputChannels), config.InputChannels, "1 to 16");
        switch (config.Family)
        {
            case "vit":
                CheckVisionTransformer(config, faults);
                break;
            case "resnet":
                CheckResNet(config, faults);
                break;
            default:
                Require(faults, false, nameof(config.Family), config.Family, "vit or resnet");
                break;
        }

        if (faults.Count > 0)
        {
            throw new ConfigurationException($"encoder \"{config.Architecture}\"", faults);
        }
    }

    // ResNet50 has no sizes of its own; any other name needs both.
    private static void CheckResNet(BackboneConfig config, List<string> faults)
    {
        bool named = config.Architecture == "resnet50";
        Require(faults, config.PatchSize == 32, nameof(config.PatchSize), config.PatchSize, "32 for a ResNet");
        Require(faults, named ? config.EmbedDim == 0 : config.EmbedDim is >= 512 and <= 8192 && config.EmbedDim % 512 == 0, nameof(config.EmbedDim), config.EmbedDim, named ? "0 for resnet50" : "a multiple of 512 from 512 to 8192: fewer than 16 channels make oneDNN's gradient of a 3x3 convolution read memory that nobody wrote");
        Require(faults, named ? config.Depth == 0 : config.Depth is >= 1 and <= 64, nameof(config.Depth), config.Depth, named ? "0 for resnet50" : "1 to 64 blocks a stage");
    }

    private static void CheckVisionTransformer(BackboneConfig config, List<string> faults)
    {
        Require(faults, config.PatchSize is >= 1 and <= 256, nameof(config.PatchSize), config.PatchSize, "1 to 256 pixels");
        Require(faults, config.EmbedDim is >= 1 and <= 8192, nameof(config.EmbedDim), config.EmbedDim, "1 to 8192");
        Require(faults, config.Depth is >= 1 and <= 128, nameof(config.Depth), config.Depth, "1 to 128");
        Require(faults, config.Heads >= 1 && config.EmbedDim % Math.Max(config.Heads, 1) == 0, nameof(config.Heads), config.Heads, $"a divisor of {nameof(config.EmbedDim)} ({config.EmbedDim})");
        Require(faults, config.MlpRatio is > 0 and <= 16 && config.EmbedDim * config.MlpRatio >= 1, nameof(config.MlpRatio), config.MlpRatio, "above 0, at most 16");
        Require(faults, config.Registers is >= 0 and <= 64, nameof(config.Registers), config.Registers, "0 to 64");
        Require(faults, config.LayerScale is null || double.IsFinite(config.LayerScale.Value), nameof(config.LayerScale), config.LayerScale, "a finite number or null");
        Require(faults, config.InterpolateOffset is >= 0 and < 1, nameof(config.InterpolateOffset), config.InterpolateOffset, "0 or more, below 1");
        Require(faults, config.DropPathRate is >= 0 and < 1, nameof(config.DropPathRate), config.DropPathRate, "0 or more, below 1");
        if (faults.Count > 0)
        {
            return;
        }

        Require(faults, config.ImageSize % config.PatchSize == 0, nameof(config.ImageSize), config.ImageSize, $"a multiple of {nameof(config.PatchSize)} ({config.PatchSize})");
        long grid = config.ImageSize / config.PatchSize;
        Require(faults, grid * grid <= MaximumTokens, nameof(config.ImageSize), config.ImageSize, $"at most {MaximumTokens} patches, and not {grid} x {grid}");
        double block = (4 + (2 * config.MlpRatio)) * config.EmbedDim * config.EmbedDim;
        Require(faults, block * config.Depth <= MaximumParameters, nameof(config.Depth), config.Depth, $"a network of at most {MaximumParameters} weights");
    }

    private static void Require(List<string> faults, bool condition, string name, object? value, string wanted)
    {
        if (!condition)
        {
            faults.Add(FormattableString.Invariant($"{name} is {value ?? "null"}; it must be {wanted}."));
        }
    }
}
