using System.CommandLine;
using EchoApex.Cli.FineTuning;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Heads.Prediction;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex predict</c>: what fine-tuned models say of clips.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var clips = new Argument<string[]>("CLIP") { Description = "Clip files, or folders of clips.", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string[]>("--model") { Description = "Folder of a fine-tuned model, or run folder of echoapex finetune. Several are asked in turn.", Required = true, AllowMultipleArgumentsPerToken = true };
        var encoder = new Option<string?>("--base") { Description = "Model folder of the encoder, or its run folder, for adapters whose encoder was moved." };
        var output = new Option<string?>("--out") { Description = "Folder for masks (.npy of bytes, frames x height x width, one a structure) and points (.csv), a folder for each clip: called as its path below CLIP." };
        var precision = PrecisionOption.Create();
        var command = new Command("predict", "What fine-tuned models say of clips: view, ejection fraction, lengths in mm, masks.") { clips, model, encoder, output, precision };
        command.SetAction((parsed, cancellationToken) =>
        {
            TorchRuntime.EnsureAvailable();
            return Task.FromResult(Run(parsed.GetValue(clips)!, parsed.GetValue(model)!, EncoderFolder.OfOptional(parsed.GetValue(encoder)), parsed.GetValue(output), PrecisionOption.Read(parsed.GetValue(precision)), cancellationToken));
        });
        return command;
    }

    // A clip that cannot be read is named and the others are judged; the exit code says so.
    private static int Run(string[] inputs, string[] folders, string? encoder, string? output, InferenceOptions inference, CancellationToken cancellationToken)
    {
        var clips = PredictionPlaces.Find(inputs);
        var predictors = new List<EchoPredictor>();
        try
        {
            predictors.AddRange(folders.Select(folder => EchoPredictor.Load(folder, encoder, inference: inference)));
            if (output is not null)
            {
                PredictionPlaces.RequireApart(clips, output);
                RequireDifferentTasks(folders, predictors);
            }

            int failed = predictors.Sum(predictor => clips.Count(clip => !TryPredict(predictor, clip.File, output is null ? null : Path.Combine(output, clip.Place), cancellationToken)));
            return failed == 0 ? 0 : 1;
        }
        finally
        {
            predictors.ForEach(predictor => predictor.Dispose());
        }
    }

    // Files are called after what they hold: two models of one task would write the same ones.
    private static void RequireDifferentTasks(string[] folders, List<EchoPredictor> predictors)
    {
        for (int i = 0; i < folders.Length; i++)
        {
            if (Enumerable.Range(0, i).FirstOrDefault(other => (predictors[other].Tasks & predictors[i].Tasks) != EchoTasks.None, -1) is var twin and >= 0)
            {
                throw new ConfigurationException("command line", $"--out: {folders[twin]} and {folders[i]} are both of the task {predictors[twin].Tasks & predictors[i].Tasks} and would write the same files. Give each a run and an --out of its own.");
            }
        }
    }

    private static bool TryPredict(EchoPredictor predictor, string file, string? place, CancellationToken cancellationToken)
    {
        try
        {
            var clip = ClipReader.Open(file);
            using var pause = new CollectionPause();
            var prediction = predictor.Predict(clip, cancellationToken: cancellationToken);
            Console.WriteLine($"{file}: {PredictionText.Of(prediction)}");
            if (place is not null)
            {
                PredictionFiles.Write(place, clip, prediction);
            }

            return true;
        }
        catch (DataException error)
        {
            Console.Error.WriteLine($"left out: {error.Message}");
            return false;
        }
    }
}
