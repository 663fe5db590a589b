using System.CommandLine;
using System.Globalization;
using EchoApex.Cli.FineTuning;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Training.FineTuning;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex finetune</c>: an encoder and labelled clips to a model that solves a task.</summary>
internal static class FinetuneCommand
{
    public static Command Create()
    {
        var task = new Argument<string>("TASK") { Description = $"What is learned: {string.Join(", ", TaskCatalog.Names)}." };
        var model = new Option<string>("--model") { Description = "Encoder: model folder, or run folder of echoapex pretrain.", Required = true };
        var data = AnnotatedData.Folders();
        var fold = AnnotatedData.Fold();
        var view = AnnotatedData.View();
        var output = new Option<string>("--out") { Description = "Run folder to make.", Required = true };
        var config = new Option<string?>("--config") { Description = "YAML file with options." };
        var set = new Option<string[]>("--set") { Description = "Override one option: key.sub=value, such as training.protocol=adapter. One or several.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in --out from its last checkpoint; without --config and --set its own configuration is taken." };
        var command = new Command("finetune", "Fine-tune an encoder on labelled clips: whole, by adapters with under 4 % of its parameters, or the head alone.")
        {
            task, model, data, fold, view, output, config, set, resume,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            TorchRuntime.EnsureAvailable();
            var loader = new ConfigurationLoader();
            bool goOn = parsed.GetValue(resume);
            string? file = parsed.GetValue(config) ?? (goOn ? Path.Combine(parsed.GetValue(output)!, "config.yaml") : null);
            var configuration = file is not null
                ? loader.LoadFile<FineTuneConfiguration>(file, overrides: parsed.GetValue(set))
                : loader.Load<FineTuneConfiguration>("", "options", overrides: parsed.GetValue(set));
            var clips = AnnotatedData.Open(parsed.GetValue(data)!, parsed.GetValue(fold), parsed.GetValue(view));
            AnnotatedData.ReportSkipped(clips);
            return Task.FromResult(Run(parsed.GetValue(task)!, parsed.GetValue(model)!, clips, parsed.GetValue(output)!, configuration, goOn, cancellationToken));
        });
        return command;
    }

    private static int Run(string task, string model, AnnotatedClipSet set, string folder, FineTuneConfiguration configuration, bool resume, CancellationToken cancellationToken)
    {
        using var encoder = ModelFolder.Load(EncoderFolder.Of(model));
        var outcome = FineTuneRun.Run(task, encoder, set, configuration, folder, Console.WriteLine, resume, cancellationToken);
        foreach (string reason in outcome.UnreadableReasons)
        {
            Console.Error.WriteLine($"replaced by another sample: {reason}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{outcome.End} after {outcome.Steps} steps and {outcome.CpuSeconds:0} CPU seconds; weights of step {outcome.BestStep} (validation {outcome.BestSelection:0.0000}). Model: {Path.Combine(folder, "model")}"));
        if (outcome.End != FineTuningOutcome.Cancelled)
        {
            return 0;
        }

        Console.WriteLine($"Go on with: echoapex finetune {task} --model {model} --data ... --out {folder} --resume");
        return CliErrors.Cancelled;
    }
}
