// Shape legend: B = images, S = side in pixels, D = feature dimension, N = patches, R = registers.
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Export.Onnx;

/// <summary>Writes encoders as ONNX files, which ONNX Runtime and other engines run without libtorch.</summary>
/// <remarks>
/// Operator set 17, one file. Input "images" [batch, 3, S, S] float32, normalised as the entry "echoapex.preprocessing" says; outputs
/// "cls" [batch, D], "patches" [batch, N, D] and, where the encoder has registers, "registers" [batch, R, D]. The number of images
/// is free, their size is fixed.
/// </remarks>
public static class OnnxExporter
{
    /// <summary>Name of the input.</summary>
    internal const string Images = "images";

    /// <summary>Writes the encoder of a model folder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; one of that name is replaced.</param>
    /// <param name="options">How; null takes float32 and the model's own size.</param>
    /// <exception cref="ConfigurationException">The size does not fit the encoder, or there is nothing to quantise.</exception>
    public static OnnxFileInfo Export(LoadedModel model, string path, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Export(model.Backbone, model.Preprocessing, model.Info.Name, path, options);
    }

    /// <summary>Writes an encoder. Adapters are written as they are, LoRA's merged.</summary>
    /// <param name="backbone">The encoder, as it computes in evaluation mode.</param>
    /// <param name="preprocessing">How clips become its images.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="path">The file; one of that name is replaced.</param>
    /// <param name="options">How; null takes float32 and the preprocessing's size.</param>
    /// <exception cref="ConfigurationException">The size does not fit the encoder, or there is nothing to quantise.</exception>
    public static OnnxFileInfo Export(IBackbone backbone, Preprocessing preprocessing, string name, string path, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new OnnxExportOptions();
        preprocessing = Resolve(backbone, preprocessing, options);
        var graph = new OnnxGraph("encoder");
        var images = ImagesOf(graph, backbone, preprocessing);
        var values = OnnxBackbone.Emit(images, backbone, [], options.Quantization);
        graph.Output("cls", values.Cls);
        graph.Output("patches", values.Patches);
        if (values.Registers is not null)
        {
            graph.Output("registers", values.Registers);
        }

        return new OnnxModel(graph, name, "backbone", "model", preprocessing, options)
            .Set("architecture", backbone.Config.Architecture)
            .SetJson("grid", new[] { values.GridHeight, values.GridWidth })
            .Write(path);
    }

    /// <summary>The preprocessing with the size that is exported.</summary>
    /// <exception cref="ConfigurationException">The size does not fit the encoder, or there is nothing to quantise.</exception>
    internal static Preprocessing Resolve(IBackbone backbone, Preprocessing preprocessing, OnnxExportOptions options)
    {
        OptionsValidator.Validate(options, "export");
        int size = options.ImageSize ?? preprocessing.ImageSize;
        if (size % backbone.PatchSize != 0)
        {
            throw new ConfigurationException("export", $"image_size is {size}, which is no multiple of the encoder's patch of {backbone.PatchSize} pixels.");
        }

        return options.Quantization == OnnxQuantization.DynamicInt8 && backbone.Config.Family != "vit"
            ? throw new ConfigurationException("export", $"{backbone.Config.Architecture} has no linear layers in its blocks, so int8 would change nothing. Export it in float32.")
            : preprocessing with { ImageSize = size };
    }

    /// <summary>The graph's input.</summary>
    internal static OnnxValue ImagesOf(OnnxGraph graph, IBackbone backbone, Preprocessing preprocessing) =>
        graph.Input(Images, OnnxElementType.Float, OnnxBackbone.Batch, backbone.Config.InputChannels, preprocessing.ImageSize, preprocessing.ImageSize);
}
