// Shape legend: B = images, D = feature dimension, C = views.
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Export;

/// <summary>View classification: "images" [batch, 3, S, S] to "logits" and "probabilities" [batch, views].</summary>
internal static class ViewOnnx
{
    public static OnnxFileInfo Export(TaskModel model, Preprocessing preprocessing, string path, OnnxExportOptions options)
    {
        var settings = TaskModelFolder.ReadOptions<ViewClassificationOptions>(model);
        using var head = new ViewClassificationHead(model.Encoder.FeatureDimension, model.Info.Labels.Count, settings.MeanPatch, RandomStream.For(0, "view-head"));
        model.LoadHead(head);
        var (graph, _, features) = OnnxHead.Encode(model, preprocessing, options, "view");
        var pooled = settings.MeanPatch ? new[] { features.Cls, features.Patches.ReduceMean([1]) }.Concat(1) : features.Cls;
        var logits = new HeadWeights(head).Linear(pooled, "classifier");
        graph.Output("logits", logits);
        graph.Output("probabilities", logits.Softmax(1));
        return OnnxHead.Describe(graph, model, "model", preprocessing, options)
            .SetJson("view", new { settings.FramesPerClip, settings.Aggregation, settings.AbstainBelow })
            .Write(path);
    }
}
