// Shape legend: B = images, S = side of the input, P = prompts, N = points of a prompt, M = masks, h, w = patch grid, H, W = masks,
// C = embedding dimension, F = channels of the path from the picture, K = structures.
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.Segmentation.Decoder;
using static TorchSharp.torch;

namespace EchoApex.Heads.Export;

/// <summary>
/// Segmentation in two files. Encoder: "images" [batch, 3, S, S] to "image" [batch, h, w, C] and, as the head has them, "half", "detail"
/// and "semantic". Decoder: those of one image, "points" [prompts, points, 2] in pixels of the input, "labels" [prompts, points] (-1
/// nothing, 0 outside, 1 inside, 2 and 3 corners of a box, 4 + k structure k), "mask" [prompts, 4 h, 4 w] logits and "has_mask"
/// [prompts] to "logits" [prompts, M, H, W] (inside above 0) and "iou" [prompts, M].
/// </summary>
internal static class SegmentationOnnx
{
    private const string Prompts = "prompts";
    private const string Points = "points";

    public static OnnxFileInfo[] Export(TaskModel model, Preprocessing preprocessing, string path, OnnxExportOptions options)
    {
        var settings = TaskModelFolder.ReadOptions<SegmentationTaskOptions>(model).Head;
        using var head = new SegmentationHead(settings, model.Encoder.FeatureDimension, model.Info.Labels);
        model.LoadHead(head);
        var weights = new HeadWeights(head);
        var encoder = OnnxHead.Describe(Encoder(model, preprocessing, options, weights, settings, out var features), model, "encoder", preprocessing, options);
        var decoder = OnnxHead.Describe(Decoder(features, weights, settings, model.Info.Labels.Count, preprocessing.ImageSize), model, "decoder", preprocessing, options);
        return [encoder.Write(OnnxHead.PartPath(path, "encoder")), decoder.Write(OnnxHead.PartPath(path, "decoder"))];
    }

    private static OnnxGraph Encoder(TaskModel model, Preprocessing preprocessing, OnnxExportOptions options, HeadWeights weights, SegmentationOptions settings, out List<OnnxValue> features)
    {
        var (graph, images, encoded) = OnnxHead.Encode(model, preprocessing, options, "segment_encoder");
        using var part = graph.Scope("head");
        var (h, w) = (encoded.GridHeight, encoded.GridWidth);
        var image = Neck(encoded.Patches.Reshape(images.Shape[0], h, w, encoded.Patches.Size(2)), weights);
        var (half, detail) = settings.HighResolution ? HighResolution(images, h, w, weights) : default;
        var semantic = settings.SemanticPrior ? Semantic(image, half, half?.Size(2) ?? 4L * h, half?.Size(3) ?? 4L * w, weights) : null;
        features = [];
        foreach (var (name, value) in new[] { ("image", image), ("half", half), ("detail", detail), ("semantic", semantic) })
        {
            if (value is not null)
            {
                graph.Output(name, value);
                features.Add(new OnnxValue(graph, name, value.Type, value.Shape));
            }
        }

        return graph;
    }

    private static OnnxValue Neck(OnnxValue patches, HeadWeights weights)
    {
        var projected = weights.LayerNorm(weights.PatchConvolution(patches, "neck.0"), "neck.1");
        return weights.LayerNorm(weights.Convolution(projected.Transpose(0, 3, 1, 2), "neck.2").Transpose(0, 2, 3, 1), "neck.3");
    }

    private static (OnnxValue Half, OnnxValue Detail) HighResolution(OnnxValue images, int h, int w, HeadWeights weights)
    {
        var stem = weights.LayerNorm(weights.PatchConvolution(images.Transpose(0, 2, 3, 1), "high_resolution.stem"), "high_resolution.stem_norm").Gelu();
        var half = weights.Convolution(stem.Transpose(0, 3, 1, 2), "high_resolution.half").Gelu();
        var quarter = weights.Convolution(half, "high_resolution.quarter", stride: 2).Gelu().ResizeBilinear(4L * h, 4L * w);
        return (half, weights.PatchConvolution(quarter.Transpose(0, 2, 3, 1), "high_resolution.quarter_projection"));
    }

    private static OnnxValue Semantic(OnnxValue image, OnnxValue? picture, long height, long width, HeadWeights weights)
    {
        var half = picture is null ? null : weights.ConvolutionUnit(picture, "semantic.down_half", stride: 2);
        var quarter = half is null ? null : weights.ConvolutionUnit(half, "semantic.down_quarter", stride: 2);
        OnnxValue Merge(OnnxValue map, OnnxValue? other, long rows, long columns, string name)
        {
            var resized = map.ResizeBilinear(rows, columns);
            return weights.ConvolutionUnit(other is null ? resized : new[] { resized, other }.Concat(1), name);
        }

        var (halfHeight, halfWidth) = ((height + 1) / 2, (width + 1) / 2);
        var map = weights.PatchConvolution(image, "semantic.projection").Transpose(0, 3, 1, 2);
        map = Merge(map, quarter, (halfHeight + 1) / 2, (halfWidth + 1) / 2, "semantic.coarse");
        map = Merge(map, half, halfHeight, halfWidth, "semantic.middle");
        map = Merge(map, picture, height, width, "semantic.fine");
        return weights.PatchConvolution(map.Transpose(0, 2, 3, 1), "semantic.classifier").Transpose(0, 3, 1, 2);
    }

    private static OnnxGraph Decoder(List<OnnxValue> features, HeadWeights weights, SegmentationOptions settings, int structures, int side)
    {
        var graph = new OnnxGraph("segment_decoder");
        var inputs = features.ToDictionary(value => value.Name, value => graph.Input(value.Name, value.Type, [.. value.Shape.With(0, 1)]));
        var image = inputs["image"];
        var (h, w) = (image.Size(1), image.Size(2));
        var prompts = new PromptsOnnx(
            graph.Input("points", OnnxElementType.Float, Prompts, Points, 2),
            graph.Input("labels", OnnxElementType.Float, Prompts, Points),
            side);
        var mask = graph.Input("mask", OnnxElementType.Float, Prompts, 4 * h, 4 * w);
        var hasMask = graph.Input("has_mask", OnnxElementType.Float, Prompts);
        var maps = settings.DensePrompts ? prompts.Draw(4 * h, 4 * w) : null;
        var dense = prompts.Dense(mask, hasMask, weights);
        dense = maps is null ? dense : dense.Add(weights.PatchConvolution(maps, "dense_prompts"));
        var decoder = new MaskDecoderOnnx(weights, settings, Positions(graph, weights, h, w));
        var output = decoder.Decode(image, prompts.Sparse(weights), dense, inputs.GetValueOrDefault("detail"));
        var logits = inputs.TryGetValue("half", out var half) ? decoder.Refine(half, output, maps) : output.Masks;
        if (inputs.TryGetValue("semantic", out var semantic))
        {
            logits = logits.Add(prompts.Prior(semantic, structures).Mul(graph.Constant(weights["semantic.prior_scale"])));
        }

        graph.Output("logits", logits);
        graph.Output("iou", output.Iou);
        return graph;
    }

    private static OnnxValue Positions(OnnxGraph graph, HeadWeights weights, long h, long w)
    {
        using var scope = NewDisposeScope();
        var matrix = weights["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"];
        using var encoding = new PositionEncoding(2 * matrix.shape[1]);
        encoding.Matrix.copy_(matrix);
        return graph.Constant(encoding.OfGrid(h, w).reshape(1, h * w, -1));
    }
}
