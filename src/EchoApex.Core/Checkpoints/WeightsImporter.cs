using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints;

/// <summary>Makes a model folder of a foreign weights file.</summary>
public static class WeightsImporter
{
    /// <summary>Imports weights. The folder appears only when everything fits.</summary>
    /// <remarks>
    /// The encoder follows the file where a family has variants: LayerScale, mask token and the resizing of the position
    /// table (timm: to a size, antialiased) are set as the weights need them. The preprocessing written is by default ImageNet's mean and
    /// standard deviation, which DINO, DINOv2, DeiT and torchvision were trained with, at the size of the position table (224
    /// for a ResNet); timm's AugReg weights were trained with 0.5: <see cref="ImportOptions.Mean"/>, <see cref="ImportOptions.Std"/>.
    /// </remarks>
    /// <exception cref="CheckpointException">The file is damaged or does not fit the architecture.</exception>
    /// <exception cref="ConfigurationException">A name is unknown, or the image size does not fit.</exception>
    /// <exception cref="EchoApexException">The output folder exists and is not empty.</exception>
    public static ImportReport Import(ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        AtomicOutput.RequireNew(options.Output);
        var keyMap = KeyMapCatalog.Get(options.From);
        _ = BackboneArchitectures.Get(options.Architecture, DefaultSize(options.Architecture));
        using var source = TensorSource.Open(options.Weights);
        var mapping = keyMap.Map(source.Tensors, options.Weights);
        var config = Configure(options, BackboneShape.Of(mapping.Tensors));
        using var backbone = BackboneFactory.Create(config);
        var keys = StateDictLoader.Load(backbone.Module, source, new LoadOptions
        {
            Mapping = mapping,
            ZeroIfMissing = config.Family == "resnet" ? ["num_batches_tracked"] : [],
            Remedy = $"Check that the file holds {keyMap.Name} weights of {options.Architecture}; --from and --arch choose what is expected.",
        });
        var preprocessing = new Preprocessing { ImageSize = config.ImageSize, Normalization = Normalization.Channel, Mean = options.Mean, Std = options.Std };
        preprocessing.Validate("import");
        ModelFolder.Save(options.Output, backbone, preprocessing, new ModelInfo
        {
            Name = options.Name ?? $"{keyMap.Name} {options.Architecture}",
            Provenance = new ModelProvenance(keyMap.Name, Path.GetFileName(options.Weights), ModelFolder.Hash(options.Weights)),
        });
        return new ImportReport(config, preprocessing, keys, mapping.Prefix, backbone.Module.parameters().Sum(parameter => parameter.NumberOfElements));
    }

    private static int DefaultSize(string architecture) => architecture.Contains("patch14", StringComparison.Ordinal) ? 518 : 224;

    private static BackboneConfig Configure(ImportOptions options, BackboneShape shape)
    {
        if (options.ImageSize is < 1 or > 4096)
        {
            throw new ConfigurationException("image size", $"{options.ImageSize} pixels; it must lie in 1..4096.");
        }

        var named = BackboneArchitectures.Get(options.Architecture, DefaultSize(options.Architecture));
        var differences = shape.Differences(named);
        if (differences.Count > 0)
        {
            string remedy = shape.Architecture is { } fitting ? $"It fits --arch {fitting}." : "No named architecture fits it.";
            throw new CheckpointException(options.Weights, $"does not hold a {options.Architecture}: {string.Join(", ", differences)}. {remedy}");
        }

        return shape.Family == "vit" ? ConfigureTransformer(options, shape) : named with { ImageSize = options.ImageSize ?? 224 };
    }

    private static BackboneConfig ConfigureTransformer(ImportOptions options, BackboneShape shape)
    {
        if (shape.Grid == 0 || shape.ImageSize > 4096)
        {
            throw new CheckpointException(options.Weights, "has no position table 'pos_embed' of shape [1, 1 + M x M, D], or an absurd one, so it is no ViT of DINO, DINOv2 or timm.");
        }

        if (options.ImageSize is { } wanted && wanted != shape.ImageSize)
        {
            throw new CheckpointException(
                options.Weights,
                $"was made for images of {shape.ImageSize} x {shape.ImageSize} pixels (its position table is {shape.Grid} x {shape.Grid} patches of {shape.PatchSize}), not {wanted}. "
                + $"Give --image-size {shape.ImageSize} or leave it out; the encoder resizes the table for other inputs by itself.");
        }

        var config = BackboneArchitectures.Get(options.Architecture, (int)shape.ImageSize);
        config = config with
        {
            LayerScale = shape.HasLayerScale ? config.LayerScale ?? 1e-5 : null,
            MaskToken = shape.HasMaskToken,
        };

        // timm resizes position tables to a size, antialiased, whatever the weights.
        return options.From == "timm" ? config with { InterpolateOffset = 0, InterpolateAntialias = true } : config;
    }
}
