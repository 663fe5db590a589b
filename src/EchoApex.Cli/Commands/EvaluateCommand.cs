using System.CommandLine;
using EchoApex.Cli.FineTuning;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex evaluate</c>: judges a fine-tuned model on a split of a data set, its own or another (zero-shot).</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var task = new Argument<string>("TASK") { Description = $"The model's task: {string.Join(", ", TaskCatalog.Names)}." };
        var model = new Option<string>("--model") { Description = "Folder of the fine-tuned model, or run folder of echoapex finetune.", Required = true };
        var data = AnnotatedData.Folders();
        var fold = AnnotatedData.Fold();
        var view = AnnotatedData.View();
        var split = new Option<string>("--split") { Description = "train, validation or test.", DefaultValueFactory = _ => "test" };
        var encoder = new Option<string?>("--base") { Description = "Model folder of the encoder, or its run folder, for adapters whose encoder was moved." };
        var output = new Option<string?>("--out") { Description = "Folder for evaluation.json, cases.csv and pictures." };
        var command = new Command("evaluate", "Judge a fine-tuned model: figures with 95 % bootstrap intervals by patient, cases and pictures.")
        {
            task, model, data, fold, view, split, encoder, output,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            TorchRuntime.EnsureAvailable();
            var set = AnnotatedData.Open(parsed.GetValue(data)!, parsed.GetValue(fold), parsed.GetValue(view));
            AnnotatedData.ReportSkipped(set);
            Run(parsed.GetValue(task)!, parsed.GetValue(model)!, set, parsed.GetValue(split)!, EncoderFolder.OfOptional(parsed.GetValue(encoder)), parsed.GetValue(output), cancellationToken);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Run(string taskName, string folder, AnnotatedClipSet set, string splitName, string? encoder, string? output, CancellationToken cancellationToken)
    {
        var split = splitName switch
        {
            "train" => DataSplit.Train,
            "validation" or "val" => DataSplit.Validation,
            "test" => DataSplit.Test,
            _ => throw new ConfigurationException("command line", $"--split is '{splitName}'; it is train, validation or test."),
        };
        string place = TaskModelFolder.Is(folder) ? folder : Path.Combine(folder, "model");
        using var model = TaskModelFolder.Load(place, encoder);
        if (model.Info.Task != taskName)
        {
            throw new ConfigurationException("command line", $"{place} was trained for the task '{model.Info.Task}', not '{taskName}'.");
        }

        using var task = TaskCatalog.Load(model, set, new ClipPreparation(model.Info.Preprocessing));
        using var pause = new CollectionPause();
        var evaluation = task.Evaluate(model.Encoder, split, cancellationToken);
        foreach (var clip in evaluation.Skipped)
        {
            Console.Error.WriteLine($"left out: {clip.Path}: {clip.Reason}");
        }

        Console.WriteLine(EvaluationReport.Table(evaluation));
        if (output is not null)
        {
            var files = EvaluationReport.Write(output, evaluation, new Dictionary<string, string>
            {
                ["task"] = taskName,
                ["model"] = place,
                ["data"] = set.Name,
                ["split"] = splitName,
            });
            Console.WriteLine($"written: {string.Join(", ", files)}");
        }
    }
}
