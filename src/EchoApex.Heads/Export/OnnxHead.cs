using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Export;

/// <summary>What the exporters of the heads have in common.</summary>
internal static class OnnxHead
{
    /// <summary>A graph whose images went through the encoder.</summary>
    public static (OnnxGraph Graph, OnnxValue Images, OnnxBackboneValues Features) Encode(TaskModel model, Preprocessing preprocessing, OnnxExportOptions options, string name, params int[] stages)
    {
        var graph = new OnnxGraph(name);
        var images = OnnxExporter.ImagesOf(graph, model.Encoder, preprocessing);
        return (graph, images, OnnxBackbone.Emit(images, model.Encoder, stages, options.Quantization));
    }

    /// <summary>A model with what every part of a task says of itself.</summary>
    public static OnnxModel Describe(OnnxGraph graph, TaskModel model, string part, Preprocessing preprocessing, OnnxExportOptions options) =>
        new OnnxModel(graph, model.Info.Name, model.Info.Task, part, preprocessing, options)
            .Set("architecture", model.Encoder.Config.Architecture)
            .SetJson("labels", model.Info.Labels);

    /// <summary>FILE.part.onnx of FILE.onnx.</summary>
    public static string PartPath(string path, string part) => Path.ChangeExtension(path, $"{part}.onnx");
}
