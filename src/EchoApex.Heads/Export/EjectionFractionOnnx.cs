// Shape legend: B = images or clips, T = frames of a window, D = feature dimension, E = 2 D, F = width, P = F / 2 periods, R = motion curves.
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using static TorchSharp.torch;

namespace EchoApex.Heads.Export;

/// <summary>
/// Ejection fraction in two files. Encoder: "images" [batch, 3, S, S] to "frames" [batch, E]. Decoder: "frames" [clips, frames, E],
/// "times_ms" [clips, frames] (NaN where unknown) and "valid" [clips, frames] (1, or 0 for padding) to "ejection_fraction" [clips] in
/// percent, "log_scale" [clips], "phase_logits" [clips, frames, 2] and "class_logits" [clips, 2].
/// </summary>
internal static class EjectionFractionOnnx
{
    private const string Clips = "clips";
    private const string Frames = "frames";
    private const string Tokens = "tokens";

    // As in the head itself.
    private const double Hidden = -10_000;
    private const double Sharpness = 8;

    public static OnnxFileInfo[] Export(TaskModel model, Preprocessing preprocessing, string path, OnnxExportOptions options)
    {
        var settings = TaskModelFolder.ReadOptions<EjectionFractionOptions>(model);
        using var noGradient = no_grad();
        using var head = new EjectionFractionHead(model.Encoder.FeatureDimension, settings.Head, RandomStream.For(0, "ef-head"));
        model.LoadHead(head);
        var weights = new HeadWeights(head);
        var meaning = new { settings.Windows, settings.Loss.Likelihood, settings.Head.UseFrameTimes, settings.Head.NominalIntervalMs };
        var encoder = OnnxHead.Describe(Encoder(model, preprocessing, options, weights), model, "encoder", preprocessing, options).SetJson("ef", meaning);
        var decoder = OnnxHead.Describe(Decoder(model, head, weights), model, "decoder", preprocessing, options).SetJson("ef", meaning);
        return [encoder.Write(OnnxHead.PartPath(path, "encoder")), decoder.Write(OnnxHead.PartPath(path, "decoder"))];
    }

    private static OnnxGraph Encoder(TaskModel model, Preprocessing preprocessing, OnnxExportOptions options, HeadWeights weights)
    {
        var (graph, _, features) = OnnxHead.Encode(model, preprocessing, options, "ef_encoder");
        var patches_BND = features.Patches;
        var pooled_BD = weights.Find("pool_query.weight") is null
            ? patches_BND.ReduceMean([1])
            : weights.Linear(patches_BND, "pool_query").Softmax(1).Transpose(0, 2, 1).MatMul(patches_BND).Squeeze(1);
        graph.Output(Frames, new[] { features.Cls, pooled_BD }.Concat(1));
        return graph;
    }

    private static OnnxGraph Decoder(TaskModel model, EjectionFractionHead head, HeadWeights weights)
    {
        var graph = new OnnxGraph("ef_decoder");
        var options = head.Options;
        var frames_BTE = graph.Input("frames", OnnxElementType.Float, Clips, Frames, 2L * model.Encoder.FeatureDimension);
        var times_BT = graph.Input("times_ms", OnnxElementType.Float, Clips, Frames);
        var valid_BT = graph.Input("valid", OnnxElementType.Float, Clips, Frames);
        var frames_BTF = weights.Linear(weights.LayerNorm(frames_BTE, "frame_norm"), "frame_proj");
        var placed_BTF = frames_BTF.Add(weights.Linear(EncodeTimes(times_BT, valid_BT, options), "time_proj"));
        var summary_B1F = graph.Constant(weights["summary_token"]).Expand(frames_BTE, Clips, 1, options.Width);
        var tokens_BTF = new[] { summary_B1F, placed_BTF }.Concat(1, Tokens);
        var hidden_BT = valid_BT.Neg().Add(1).Mul(Hidden);
        var seen_B1 = graph.Constant([0f], 1, 1).Expand(frames_BTE, Clips, 1);
        var bias_B11T = new[] { seen_B1, hidden_BT }.Concat(1, Tokens).Reshape(Clips, 1, 1, Tokens);
        for (int i = 0; i < options.Depth; i++)
        {
            using var part = graph.Scope($"blocks.{i}");
            tokens_BTF = Block(tokens_BTF, bias_B11T, weights, $"blocks.{i}", options.Heads);
        }

        tokens_BTF = weights.LayerNorm(tokens_BTF, "norm");
        var summary_BF = tokens_BTF.Select(1, 0);
        summary_BF = options.MotionCurves == 0 ? summary_BF : new[] { summary_BF, Amplitudes(weights.Linear(frames_BTF, "motion"), valid_BT, hidden_BT) }.Concat(1);
        var standard_B2 = weights.Linear(summary_BF, "ef");
        var (mean, deviation) = head.TargetStatistics;
        graph.Output("ejection_fraction", standard_B2.Select(1, 0).Mul(deviation).Add(mean));
        graph.Output("log_scale", standard_B2.Select(1, 1).Exp().Mul(deviation).Add(options.MinimumSpread).Log());
        graph.Output("phase_logits", weights.Linear(tokens_BTF.From(1, 1, Frames), "phase").Add(hidden_BT.Unsqueeze(-1)));
        graph.Output("class_logits", weights.Linear(summary_BF, "classes"));
        return graph;
    }

    private static OnnxValue Block(OnnxValue x_BTF, OnnxValue bias, HeadWeights weights, string name, int heads)
    {
        long width = x_BTF.Size(2);
        using var qkv = FoldedLinear.Of(weights[$"{name}.attn.qkv.weight"], weights[$"{name}.attn.qkv.bias"]).ScaleRows(width, Math.Pow((double)width / heads, -0.5));
        var joint = weights.LayerNorm(x_BTF, $"{name}.norm1").Linear(qkv);
        OnnxValue Part(int index) => joint.Slice(2, index * width, width).ToHeads(heads);
        var middle = x_BTF.Add(weights.Linear(OnnxLayers.Attend(Part(0), Part(1), Part(2), bias), $"{name}.attn.proj"));
        var hidden = weights.Linear(weights.LayerNorm(middle, $"{name}.norm2"), $"{name}.fc1").Gelu();
        return middle.Add(weights.Linear(hidden, $"{name}.fc2"));
    }

    // Sines and cosines of F / 2 periods in geometric steps.
    private static OnnxValue EncodeTimes(OnnxValue times_BT, OnnxValue valid_BT, EjectionFractionHeadOptions options)
    {
        int periods = options.Width / 2;
        double ratio = options.LongestPeriodMs / options.ShortestPeriodMs;
        float[] frequencies = [.. Enumerable.Range(0, periods).Select(i => (float)(2 * Math.PI / (options.ShortestPeriodMs * Math.Pow(ratio, (double)i / Math.Max(1, periods - 1)))))];
        var nominal_T = times_BT.Counting(Frames).Mul(options.NominalIntervalMs);
        var known_BT = options.UseFrameTimes ? times_BT.IsNaN().Where(nominal_T, times_BT) : valid_BT.Mul(0).Add(nominal_T);
        var angles_BTP = known_BT.Unsqueeze(-1).Mul(times_BT.Graph.Constant(frequencies, periods));
        return new[] { angles_BTP.Sin(), angles_BTP.Cos() }.Concat(2);
    }

    private static OnnxValue Amplitudes(OnnxValue curves_BTR, OnnxValue valid_BT, OnnxValue hidden_BT)
    {
        var sharp_BTR = curves_BTR.Mul(Sharpness);
        var hidden_BT1 = hidden_BT.Unsqueeze(-1);
        var count_B1 = valid_BT.ReduceSum([1], keep: true).Log();
        var largest_BR = LogSumExp(sharp_BTR.Add(hidden_BT1)).Sub(count_B1);
        var smallest_BR = LogSumExp(sharp_BTR.Neg().Add(hidden_BT1)).Sub(count_B1);
        return largest_BR.Add(smallest_BR).Div(Sharpness);
    }

    // Over the frames; with the largest taken out, so that no engine overflows.
    private static OnnxValue LogSumExp(OnnxValue x_BTR)
    {
        var largest = x_BTR.ReduceMax([1], keep: true);
        return x_BTR.Sub(largest).Exp().ReduceSum([1]).Log().Add(largest.Squeeze(1));
    }
}
