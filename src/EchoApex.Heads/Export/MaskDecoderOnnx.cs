// Shape legend: P = prompts, T = tokens, M = masks, h, w = patch grid, N = h w, H, W = masks, C = embedding dimension, F = channels of the path from the picture.
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Export.Onnx;
using EchoApex.Heads.Segmentation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Export;

/// <summary>The mask decoder of a segmentation head as a part of a graph; see <see cref="Segmentation.Decoder.MaskDecoder"/>.</summary>
internal sealed class MaskDecoderOnnx(HeadWeights weights, SegmentationOptions options, OnnxValue positions_1NC)
{
    private const string Tokens = "tokens";

    // PyTorch's default, where the other norms of the head have 1e-6.
    private const double Epsilon = 1e-5;

    /// <summary>What the decoder says, inside the graph.</summary>
    public sealed record Output(OnnxValue Masks, OnnxValue Iou, OnnxValue Tokens, OnnxValue Image);

    private int MaskCount => options.MultimaskOutputs + 1;

    /// <summary>Masks at four times the patch grid.</summary>
    public Output Decode(OnnxValue image_1hwC, OnnxValue sparse_PTC, OnnxValue dense_PhwC, OnnxValue? detail)
    {
        var (graph, prompts) = (image_1hwC.Graph, sparse_PTC.Shape[0]);
        var (h, w, c) = (image_1hwC.Size(1), image_1hwC.Size(2), image_1hwC.Size(3));
        using var scope = NewDisposeScope();
        var learned = graph.Constant(cat([weights["mask_decoder.iou_token.weight"], weights["mask_decoder.mask_tokens.weight"]]).unsqueeze(0));
        var learned_PTC = learned.Expand(sparse_PTC, prompts, MaskCount + 1, c);
        var tokens_PTC = new[] { learned_PTC, sparse_PTC }.Concat(1, Tokens);
        var image_PNC = image_1hwC.Add(dense_PhwC).Reshape(prompts, h * w, c);
        var (asked, seen) = Transform(tokens_PTC, image_PNC);
        var maskTokens = asked.Slice(1, 1, MaskCount);
        var upscaled = Upscale(seen.Reshape(prompts, h, w, c), detail);
        var pixels_PFN = upscaled.Reshape(prompts, 16 * h * w, upscaled.Size(3)).Transpose(0, 2, 1);
        var masks = Vectors(maskTokens, "mask_decoder").MatMul(pixels_PFN).Reshape(prompts, MaskCount, 4 * h, 4 * w);
        return new Output(masks, weights.Perceptron(asked.Select(1, 0), "mask_decoder.iou_prediction_head"), maskTokens, upscaled);
    }

    /// <summary>The masks at half of the input, sharpened; see <see cref="Segmentation.Decoder.HighResolutionPath.Refine"/>.</summary>
    public OnnxValue Refine(OnnxValue half_1FHW, Output output, OnnxValue? maps_PHW3)
    {
        var (height, width) = (half_1FHW.Size(2), half_1FHW.Size(3));
        var context = weights.PatchConvolution(output.Image, "high_resolution.mask_projection");
        context = maps_PHW3 is null ? context : context.Add(weights.PatchConvolution(maps_PHW3, "high_resolution.prompt_projection"));
        var joined = context.Transpose(0, 3, 1, 2).ResizeBilinear(height, width).Add(half_1FHW).Gelu();
        var refined = weights.Convolution(joined, "high_resolution.refine").Gelu();
        var prompts = refined.Shape[0];
        var sharpening = Vectors(output.Tokens, "high_resolution").MatMul(refined.Reshape(prompts, refined.Size(1), height * width));
        return output.Masks.ResizeBilinear(height, width).Add(sharpening.Reshape(prompts, MaskCount, height, width));
    }

    private (OnnxValue Tokens, OnnxValue Image) Transform(OnnxValue start, OnnxValue image)
    {
        var tokens = start;
        for (int i = 0; i < options.Depth; i++)
        {
            using var part = start.Graph.Scope($"layers.{i}");
            (tokens, image) = Block(tokens, image, start, $"mask_decoder.transformer.layers.{i}", first: i == 0);
        }

        var attended = Attend(tokens.Add(start), image.Add(positions_1NC), image, "mask_decoder.transformer.final_attn_token_to_image");
        return (Norm(tokens.Add(attended), "mask_decoder.transformer.norm_final_attn"), image);
    }

    private (OnnxValue Tokens, OnnxValue Image) Block(OnnxValue tokens, OnnxValue image, OnnxValue start, string name, bool first)
    {
        var placedTokens = first ? tokens : tokens.Add(start);
        var attended = Attend(placedTokens, placedTokens, tokens, $"{name}.self_attn");
        tokens = Norm(first ? attended : tokens.Add(attended), $"{name}.norm1");
        var placed = image.Add(positions_1NC);
        tokens = Norm(tokens.Add(Attend(tokens.Add(start), placed, image, $"{name}.cross_attn_token_to_image")), $"{name}.norm2");
        var mlp = weights.Linear(weights.Linear(tokens, $"{name}.mlp.lin1").Relu(), $"{name}.mlp.lin2");
        tokens = Norm(tokens.Add(mlp), $"{name}.norm3");
        image = Norm(image.Add(Attend(placed, tokens.Add(start), tokens, $"{name}.cross_attn_image_to_token")), $"{name}.norm4");
        return (tokens, image);
    }

    private OnnxValue Attend(OnnxValue query, OnnxValue key, OnnxValue value, string name)
    {
        double inner = weights[$"{name}.q_proj.weight"].shape[0];
        using var scaled = FoldedLinear.Of(weights[$"{name}.q_proj.weight"], weights[$"{name}.q_proj.bias"]).ScaleBy(Math.Pow(inner / options.Heads, -0.5));
        var mixed = OnnxLayers.Attend(
            query.Linear(scaled).ToHeads(options.Heads),
            weights.Linear(key, $"{name}.k_proj").ToHeads(options.Heads),
            weights.Linear(value, $"{name}.v_proj").ToHeads(options.Heads));
        return weights.Linear(mixed, $"{name}.out_proj");
    }

    private OnnxValue Upscale(OnnxValue image_PhwC, OnnxValue? detail)
    {
        var twice = weights.LayerNorm(weights.TransposedPatchConvolution(image_PhwC, "mask_decoder.output_upscaling.0"), "mask_decoder.output_upscaling.1").Gelu();
        var four = weights.TransposedPatchConvolution(twice, "mask_decoder.output_upscaling.3");
        return (detail is null ? four : four.Add(detail)).Gelu();
    }

    private OnnxValue Vectors(OnnxValue tokens_PMC, string owner) =>
        Enumerable.Range(0, MaskCount).Select(i => weights.Perceptron(tokens_PMC.Select(1, i), $"{owner}.output_hypernetworks_mlps.{i}").Unsqueeze(1)).ToArray().Concat(1);

    private OnnxValue Norm(OnnxValue x, string name) => weights.LayerNorm(x, name, Epsilon);
}
