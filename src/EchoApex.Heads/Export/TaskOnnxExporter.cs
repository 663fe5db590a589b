using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Export;

/// <summary>Writes fine-tuned models as ONNX files: encoder with its adapters, and head. Operator set 17.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>view, one file: "images" to "logits" and "probabilities".</item>
/// <item>measure, one file: "images" to "heatmap_logits" and "heatmaps".</item>
/// <item>ef, FILE.encoder.onnx and FILE.decoder.onnx: images to a vector a frame, vectors and times to the ejection fraction.</item>
/// <item>segment, FILE.encoder.onnx and FILE.decoder.onnx: images to features, features of an image and prompts to masks.</item>
/// </list>
/// Preprocessing, labels and how outputs are read stand in the files' metadata under "echoapex.".
/// </remarks>
public static class TaskOnnxExporter
{
    /// <summary>Writes a fine-tuned model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">FILE.onnx; two-part models write FILE.encoder.onnx and FILE.decoder.onnx. Files of those names are replaced.</param>
    /// <param name="options">How; null takes float32 and the model's own size.</param>
    /// <returns>The files.</returns>
    /// <exception cref="CheckpointException">The head's weights are missing or damaged.</exception>
    /// <exception cref="ConfigurationException">The size does not fit the encoder, the task is unknown, or there is nothing to quantise.</exception>
    public static IReadOnlyList<OnnxFileInfo> Export(TaskModel model, string path, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new OnnxExportOptions();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var preprocessing = OnnxExporter.Resolve(model.Encoder, model.Info.Preprocessing with { Grayscale = true }, options);
        return model.Info.Task switch
        {
            "view" => [ViewOnnx.Export(model, preprocessing, path, options)],
            "measure" => [MeasurementOnnx.Export(model, preprocessing, path, options)],
            "ef" => EjectionFractionOnnx.Export(model, preprocessing, path, options),
            "segment" => SegmentationOnnx.Export(model, preprocessing, path, options),
            _ => throw new ConfigurationException(Path.Combine(model.Folder, TaskModelFolder.ConfigFile), $"task is '{model.Info.Task}'; this EchoApex exports view, segment, measure and ef."),
        };
    }
}
