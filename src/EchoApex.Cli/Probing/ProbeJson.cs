using System.Text.Json;
using System.Text.Json.Nodes;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Probing;

/// <summary>Scores as a JSON file. Shares are 0 to 1; what does not exist is null.</summary>
internal static class ProbeJson
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
    };

    public static void Write(string path, string model, ProbeRequest request, ProbeOutcome outcome)
    {
        var root = new JsonObject
        {
            ["model"] = model,
            ["train"] = request.Train.Source,
            ["validation"] = request.Validation?.Source,
            ["test"] = request.Test.Source,
            ["frames_per_clip"] = request.FramesPerClip,
            ["train_frames"] = outcome.Train[0].Cls.Count,
            ["test_frames"] = outcome.Test[0].Cls.Count,
            ["labels"] = new JsonArray([.. outcome.Test[0].Cls.LabelNames.Select(name => (JsonNode)name)]),
            ["neighbours"] = request.Options.Knn.Neighbours,
            ["bootstrap_draws"] = request.Options.BootstrapDraws,
            ["seed"] = request.Options.Seed,
            ["rows"] = new JsonArray([.. outcome.Scores.Select(Row)]),
            ["skipped"] = new JsonArray([.. outcome.Skipped.Select(clip => (JsonNode)new JsonObject { ["path"] = clip.Path, ["reason"] = clip.Reason })]),
        };
        AtomicOutput.WriteText(path, root.ToJsonString(Json) + "\n");
    }

    private static JsonNode Row(EncoderScores scores) => new JsonObject
    {
        ["features"] = scores.Name,
        ["knn"] = Score(scores.Knn),
        ["linear"] = Score(scores.Linear),
        ["cls_mean_linear"] = scores.ClsMeanLinear is null ? null : Score(scores.ClsMeanLinear),
        ["patches"] = scores.Patches is not { } patches ? null : new JsonObject
        {
            ["mean_iou"] = Interval(patches.MeanIou),
            ["mean_iou_with_background"] = Number(patches.MeanIouWithBackground),
            ["iou"] = new JsonObject([.. patches.Structures.Zip(patches.Iou, (name, iou) => KeyValuePair.Create(name, Number(iou)))]),
            ["l2"] = patches.L2,
        },
    };

    private static JsonObject Score(ProbeScore score) => new()
    {
        ["accuracy"] = Interval(score.Accuracy),
        ["balanced_accuracy"] = Interval(score.BalancedAccuracy),
        ["l2"] = score.L2,
    };

    private static JsonObject Interval(BootstrapInterval interval) => new()
    {
        ["estimate"] = Number(interval.Estimate),
        ["low"] = Number(interval.Low),
        ["high"] = Number(interval.High),
    };

    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
