using System.Globalization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Training.Distributed;
using EchoApex.Training.Monitoring;
using TorchSharp;

namespace EchoApex.Training.Loop;

/// <summary>A run in words, before its first step.</summary>
internal static class RunPlan
{
    /// <summary>Data, length, learning-rate rule, targets, method, processes, probe and start, a line each.</summary>
    public static string Describe(PretrainingOptions options, PretrainingSchedules schedules, IFrameSource data, OnlineProbe? probe, ProcessGroup group)
    {
        var culture = CultureInfo.InvariantCulture;
        var targets = options.Targets;
        var lines = new List<string>
        {
            string.Create(culture, $"data: {data.UnitCount} {data.UnitName} x {options.Data.SamplesPerClip} = {data.UnitCount * options.Data.SamplesPerClip} samples a pass"),
            string.Create(culture, $"length: {options.Optimization.Epochs} epochs of {schedules.StepsPerEpoch} steps = {schedules.TotalSteps} steps of {options.Optimization.BatchSize} samples"),
            schedules.DescribeLearningRate(),
            string.Create(culture, $"targets: {ConfigurationWriter.Flatten(targets)["kind"]}, teacher temperature {targets.WarmupTeacherTemperature} to {targets.TeacherTemperature} over {targets.TeacherTemperatureWarmupEpochs} epochs, KoLeo weight {targets.KoleoWeight}"),
        };
        if (group.Collective.WorldSize > 1 || group.Device.type != DeviceType.CPU)
        {
            int world = group.Collective.WorldSize;
            lines.Add(string.Create(culture, $"processes: {world}, {group.Collective.Description}, each {options.Optimization.BatchSize / world} samples a step on {group.Device}"));
        }

        if (options.Stage == PretrainingStage.Dinov2)
        {
            lines.Add(Method(options));
        }

        if (probe is not null)
        {
            string skipped = probe.Skipped.Count > 0 ? $"; {probe.Skipped.Count} clips could not be read, the first is {probe.Skipped[0].Path}: {probe.Skipped[0].Reason}" : "";
            lines.Add(string.Create(culture, $"probe: every {options.Probe.Every} steps {probe.Frames.Test} frames of {options.Probe.Test} are looked up among {probe.Frames.Train} frames of {options.Probe.Train}, {options.Probe.Neighbours} neighbours{skipped}"));
        }

        if (options.Backbone.Weights is { } weights)
        {
            lines.Add($"start: encoder from {weights}{(options.Head.Weights is { } head ? $", head from {head}" : ", fresh head")}");
        }

        return string.Join('\n', lines) + "\n";
    }

    /// <summary>The same as comments of a YAML file.</summary>
    public static string Comment(string plan) =>
        string.Concat(plan.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => "# " + line + "\n"));

    private static string Method(PretrainingOptions options)
    {
        var ibot = options.Ibot;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"method: DINOv2, loss = {options.Targets.DinoWeight} x cls + {ibot.Weight} x hidden patches ({(ibot.SeparateHead ? "own" : "shared")} head) + {options.Targets.KoleoWeight} x KoLeo; "
            + $"masks on {ibot.Masks.MaskedShare:0.##%} of the global crops, {ibot.Masks.MinimumRatio:0.##%} to {ibot.Masks.MaximumRatio:0.##%} of their patches; "
            + $"layer decay {options.Optimization.LayerDecay}, patch embedding x {options.Optimization.PatchEmbedMultiplier}");
    }
}
