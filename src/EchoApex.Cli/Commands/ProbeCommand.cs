using System.CommandLine;
using EchoApex.Cli.Probing;
using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex probe</c>: judges an encoder on labelled clips by k-NN, linear probe and patch probe.</summary>
internal static class ProbeCommand
{
    private static readonly Argument<string> Model = new("MODEL") { Description = "Model folder, or run folder with an exported model." };
    private static readonly Option<string> Train = new("--train") { Description = "Clips that probes are fitted on: a CSV with the columns path, label and optionally masks, patient (paths relative to it), or the manifest.csv of a phantom set.", Required = true };
    private static readonly Option<string> Test = new("--test") { Description = "Clips that are judged; of other patients than the others.", Required = true };
    private static readonly Option<string?> Validation = new("--validation") { Description = "Clips that the L2 of the linear probes is chosen on; without it a fifth of the training clips or patients is held back." };
    private static readonly Option<int> Frames = new("--frames") { Description = "Frames of each clip, spread evenly.", DefaultValueFactory = _ => 2 };
    private static readonly Option<bool> ClsMean = new("--cls-mean") { Description = "Also a linear probe on the cls vector followed by the mean patch." };
    private static readonly Option<bool> Patches = new("--patches") { Description = "Also a linear segmentation of the masks by patch tokens: mean IoU over the structures that occur, without background." };
    private static readonly Option<int?> PatchSide = new("--patch-side") { Description = "With --patches: side of the images that this probe sees, in pixels, a multiple of the patch; larger than the model's own gives a finer grid." };
    private static readonly Option<bool> Baselines = new("--baselines") { Description = "Also raw pixels and the untrained encoder; a ResNet once with the batch statistics of its start, once with those of --train." };
    private static readonly Option<string?> Initialization = new("--initialization") { Description = "How the untrained encoder's weights start: reference, fan_in (vision transformers) or zero_residual (ResNets). Needed for model folders that do not say." };
    private static readonly Option<ulong?> Seed = new("--seed") { Description = "Seed of the untrained weights (default: the run's) and of held-back clips and intervals (default: 0)." };
    private static readonly Option<int> Neighbours = new("--neighbours") { Description = "Neighbours that vote.", DefaultValueFactory = _ => new KnnOptions().Neighbours };
    private static readonly Option<int> Batch = new("--batch") { Description = "Frames that go through the encoder at once.", DefaultValueFactory = _ => 64 };
    private static readonly Option<string?> PathColumn = new("--path-column") { Description = "Column of the clips' paths (path)." };
    private static readonly Option<string?> LabelColumn = new("--label-column") { Description = "Column of the labels (label)." };
    private static readonly Option<string?> MasksColumn = new("--masks-column") { Description = "Column of the masks (masks): .npy of bytes, [frames, height, width] of the clip." };
    private static readonly Option<string?> GroupColumn = new("--group-column") { Description = "Column of the patients (patient)." };
    private static readonly Option<string?> Out = new("--out") { Description = "JSON file for all figures." };

    public static Command Create()
    {
        var command = new Command("probe", "Judge an encoder on labelled clips with frozen features: k-NN, linear probe, patch probe, with 95 % intervals.")
        {
            Model, Train, Test, Validation, Frames, ClsMean, Patches, PatchSide, Baselines, Initialization, Seed, Neighbours, Batch, PathColumn, LabelColumn, MasksColumn, GroupColumn, Out,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            Run(parsed, cancellationToken);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = Request(parsed);
        request.Validate();
        string model = parsed.GetValue(Model)!;
        var origin = EncoderOrigin.Of(model);
        bool baselines = parsed.GetValue(Baselines);
        using var trained = Embedder.Load(origin.ModelFolder);
        var baseline = baselines ? new UntrainedBaseline(origin, parsed.GetValue(Initialization), parsed.GetValue(Seed)) : null;
        using var untrained = baseline?.AsMade();
        using var onData = baseline?.OnData(request.Train, cancellationToken);
        var encoders = new List<(string Name, Embedder Embedder)> { (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))), trained) };
        if (untrained is not null)
        {
            encoders.Insert(0, ("untrained encoder", untrained));
        }

        if (onData is not null)
        {
            encoders.Insert(1, ("untrained, statistics of --train", onData));
        }

        var outcome = ProbeRun.Run(request, encoders, cancellationToken);
        foreach (var clip in outcome.Skipped)
        {
            Console.Error.WriteLine($"left out: {clip.Path}: {clip.Reason}");
        }

        Console.WriteLine(ProbeTable.Write(outcome.Scores));
        if (request.Patches)
        {
            Console.WriteLine(ProbeTable.Structures(outcome.Scores));
        }

        Console.WriteLine(ProbeTable.Notes(request, outcome));
        if (parsed.GetValue(Out) is { } file)
        {
            ProbeJson.Write(file, model, request, outcome);
            Console.WriteLine($"{file}: all figures");
        }
    }

    private static ProbeRequest Request(ParseResult parsed)
    {
        var columns = new LabelledClipColumns
        {
            Path = parsed.GetValue(PathColumn),
            Label = parsed.GetValue(LabelColumn),
            Masks = parsed.GetValue(MasksColumn),
            Group = parsed.GetValue(GroupColumn),
        };
        return new ProbeRequest
        {
            Train = LabelledClipList.Read(parsed.GetValue(Train)!, columns),
            Validation = parsed.GetValue(Validation) is { } validation ? LabelledClipList.Read(validation, columns) : null,
            Test = LabelledClipList.Read(parsed.GetValue(Test)!, columns),
            FramesPerClip = Positive(parsed.GetValue(Frames), "--frames"),
            BatchSize = Positive(parsed.GetValue(Batch), "--batch"),
            ClsMean = parsed.GetValue(ClsMean),
            Patches = parsed.GetValue(Patches) || parsed.GetValue(PatchSide) is not null,
            PatchSide = parsed.GetValue(PatchSide) is null or > 0
                ? parsed.GetValue(PatchSide)
                : throw new ConfigurationException("command line", $"--patch-side is {parsed.GetValue(PatchSide)}; it must be positive."),
            Pixels = parsed.GetValue(Baselines),
            Options = new EncoderProbeOptions { Seed = parsed.GetValue(Seed) ?? 0, Knn = new KnnOptions { Neighbours = Positive(parsed.GetValue(Neighbours), "--neighbours") } },
        };
    }

    private static int Positive(int value, string option) =>
        value is > 0 and <= 65_536 ? value : throw new ConfigurationException("command line", $"{option} is {value}; it must be from 1 to 65536.");
}
