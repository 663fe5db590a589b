using System.CommandLine;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Prediction;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex explain</c>: what an encoder looks at in a frame, as a picture.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var clip = new Argument<string>("CLIP") { Description = "A clip." };
        var models = new Option<string>("--models") { Description = "Folder of fine-tuned models, or of a single one.", Required = true };
        var encoder = new Option<string?>("--base") { Description = "Model folder of the encoder, or its run folder, for adapters whose encoder was moved." };
        var task = new Option<string?>("--task") { Description = "Whose encoder: view, segment, measure or ef. The model of views by default, or the first there is." };
        var frame = new Option<int?>("--frame") { Description = "The frame, from 0; the middle one by default." };
        var output = new Option<string>("--out") { Description = "PNG file to make or replace.", Required = true };
        var command = new Command("explain", "Attention of the last block's heads, attention rollout, occlusion, and principal components of the patch tokens of a frame.") { clip, models, encoder, task, frame, output };
        command.SetAction((parsed, cancellation) =>
        {
            TorchRuntime.EnsureAvailable();
            var chosen = parsed.GetValue(task) is { } name ? TaskOf(name) : EchoTasks.None;
            using var predictor = EchoPredictor.Load(parsed.GetValue(models)!, EncoderFolder.OfOptional(parsed.GetValue(encoder)));
            var opened = ClipReader.Open(parsed.GetValue(clip)!);
            int index = parsed.GetValue(frame) ?? opened.FrameCount / 2;
            if (index < 0 || index >= opened.FrameCount)
            {
                throw new ConfigurationException("command line", $"--frame is {index}; the clip has the frames 0 to {opened.FrameCount - 1}.");
            }

            var explanation = predictor.Explain(opened, index, new ExplanationOptions { Task = chosen }, cancellation)
                ?? throw new ConfigurationException("command line", $"--task {parsed.GetValue(task)}: there is no model of that task in {parsed.GetValue(models)}.");
            ExplanationPictures.Sheet(explanation, $"{Path.GetFileName(parsed.GetValue(clip)!)}, frame {index}, encoder of {explanation.Task}").Save(parsed.GetValue(output)!);
            Console.WriteLine($"{parsed.GetValue(output)}: {explanation.Attention.Count} heads, rollout, occlusion ({explanation.OcclusionMeaning}), components.");
            return Task.FromResult(0);
        });
        return command;
    }

    private static EchoTasks TaskOf(string name) => name switch
    {
        "view" => EchoTasks.View,
        "segment" => EchoTasks.Segment,
        "measure" => EchoTasks.Measure,
        "ef" => EchoTasks.EjectionFraction,
        _ => throw new ConfigurationException("command line", $"--task '{name}' is not one of view, segment, measure, ef."),
    };
}
