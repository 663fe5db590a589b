// Shape legend: B = images, S = side of the input, K = landmarks, h, w = cells of a heat map, C = channels, F = width of the pyramid.
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Export;

/// <summary>Measurement: "images" [batch, 3, S, S] to "heatmap_logits" and "heatmaps" [batch, landmarks, h, w], of which each heat map sums to 1.</summary>
internal static class MeasurementOnnx
{
    private const int BlockSide = 2;

    public static OnnxFileInfo Export(TaskModel model, Preprocessing preprocessing, string path, OnnxExportOptions options)
    {
        var settings = TaskModelFolder.ReadOptions<MeasurementOptions>(model).Head;
        using var head = new MeasurementHead(model.Encoder.Config, model.Encoder.StageCount, settings, RandomStream.For(0, "measurement-head"));
        model.LoadHead(head);
        var (graph, images, features) = OnnxHead.Encode(model, preprocessing, options, "measure", [.. head.Stages]);
        OnnxValue[] maps = [.. head.Stages.Select(stage => features.Stages[stage])];
        var logits_BKhw = Heatmaps(images, maps, new HeadWeights(head), settings.HeatmapStride / 4);
        var (height, width) = (logits_BKhw.Size(2), logits_BKhw.Size(3));
        var flat = logits_BKhw.Reshape(logits_BKhw.Shape[0], logits_BKhw.Size(1), height * width).Softmax(2);
        graph.Output("heatmap_logits", logits_BKhw);
        graph.Output("heatmaps", flat.Reshape([.. logits_BKhw.Shape]));
        return OnnxHead.Describe(graph, model, "model", preprocessing, options)
            .SetJson("measure", new { settings.HeatmapStride, settings.Decoding, settings.WindowRadius })
            .Write(path);
    }

    private static OnnxValue Heatmaps(OnnxValue images_BCSS, OnnxValue[] maps, HeadWeights weights, int leading)
    {
        var details = Details(images_BCSS, weights, leading + maps.Length)[leading..];
        OnnxValue? merged = null;
        for (int level = maps.Length - 1; level >= 0; level--)
        {
            var detail = weights.ConvolutionUnit(details[level], $"detail.{level}");
            var (height, width) = (detail.Size(2), detail.Size(3));
            var sum = detail.Add(weights.ConvolutionUnit(maps[level], $"lateral.{level}").ResizeBilinear(height, width));
            merged = weights.ConvolutionUnit(merged is null ? sum : sum.Add(merged.ResizeBilinear(height, width)), $"merge.{level}");
        }

        return weights.Linear(merged!.Transpose(0, 2, 3, 1), "heatmaps").Transpose(0, 3, 1, 2);
    }

    // The stem's maps at the strides of the levels, finest first. Pixels of 2 x 2 blocks become channels.
    private static OnnxValue[] Details(OnnxValue images, HeadWeights weights, int count)
    {
        var (channels, height, width) = (images.Size(1), images.Size(2) / BlockSide, images.Size(3) / BlockSide);
        var map = images
            .Reshape(images.Shape[0], channels, height, BlockSide, width, BlockSide)
            .Transpose(0, 1, 3, 5, 2, 4)
            .Reshape(images.Shape[0], channels * BlockSide * BlockSide, height, width);
        var details = new OnnxValue[count];
        for (int i = 0; i < count; i++)
        {
            details[i] = map = weights.ConvolutionUnit(map, $"stem.{i}", stride: i == 0 ? 1 : 2);
        }

        return details;
    }
}
