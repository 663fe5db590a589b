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
        var encoder = new Option<string?>("--base") { Description = "Model folder of the encoder, for adapters whose encoder was moved." };
        var output = new Option<string?>("--out") { Description = "Folder for masks (.npy of bytes, frames x height x width, one a structure) and points (.csv)." };
        var precision = PrecisionOption.Create();
        var command = new Command("predict", "What fine-tuned models say of clips: view, ejection fraction, lengths in mm, masks.") { clips, model, encoder, output, precision };
        command.SetAction((parsed, cancellationToken) =>
        {
            TorchRuntime.EnsureAvailable();
            return Task.FromResult(Run(parsed.GetValue(clips)!, parsed.GetValue(model)!, parsed.GetValue(encoder), parsed.GetValue(output), PrecisionOption.Read(parsed.GetValue(precision)), cancellationToken));
        });
        return command;
    }

    // A clip that cannot be read is named and the others are judged; the exit code says so.
    private static int Run(string[] inputs, string[] folders, string? encoder, string? output, InferenceOptions inference, CancellationToken cancellationToken)
    {
        string[] files = [.. inputs.SelectMany(input => Directory.Exists(input) ? ClipReader.EnumerateClips(input) : [input])];
        if (files.Length == 0)
        {
            throw new DataException(string.Join(", ", inputs), "holds no clip.");
        }

        int failed = 0;
        foreach (string folder in folders)
        {
            using var predictor = EchoPredictor.Load(folder, encoder, inference: inference);
            foreach (string file in files)
            {
                try
                {
                    var clip = ClipReader.Open(file);
                    using var pause = new CollectionPause();
                    var prediction = predictor.Predict(clip, cancellationToken: cancellationToken);
                    Console.WriteLine($"{file}: {PredictionText.Of(prediction)}");
                    if (output is not null)
                    {
                        PredictionFiles.Write(Path.Combine(output, Path.GetFileNameWithoutExtension(file)), clip, prediction);
                    }
                }
                catch (DataException error)
                {
                    failed++;
                    Console.Error.WriteLine($"left out: {error.Message}");
                }
            }
        }

        return failed == 0 ? 0 : 1;
    }
}
