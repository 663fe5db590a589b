using EchoApex.Core.Evaluation;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EchoApex.Cli.Demo;
using EchoApex.Core.Arrays;
using EchoApex.Core.Embedding;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex demo</c>: phantoms, DINO pretraining, an honest comparison, pictures; and a clip of the user's own.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Run folder to make.", DefaultValueFactory = _ => "demo-run" };
        var clip = new Option<string?>("--clip") { Description = "A clip of your own to embed with the pretrained encoder." };
        var seeds = new Option<int>("--seeds") { Description = "Repetitions, each with its own phantoms, weights and batches; three show how much figures vary.", DefaultValueFactory = _ => 1 };
        var train = new Option<int>("--train-clips") { Description = "Training phantoms a repetition.", DefaultValueFactory = _ => 600 };
        var test = new Option<int>("--test-clips") { Description = "Held-out phantoms a repetition.", DefaultValueFactory = _ => 300 };
        var labelled = new Option<int>("--supervised-steps") { Description = "Steps of the encoder trained with labels.", DefaultValueFactory = _ => DemoOptions.DefaultSupervisedSteps };
        var noStudy = new Option<bool>("--no-study") { Description = "Leave out the last part: models of the four tasks, and the report of a phantom examination." };
        var scale = new Option<double>("--study-scale") { Description = "Share of clips and steps of the last part, to try it out.", DefaultValueFactory = _ => 1, Hidden = true };
        var set = new Option<string[]>("--set") { Description = "Change a key of the preset demo-cpu: key=value. One or several.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("demo", "Make phantoms, pretrain a small ViT on them without labels, compare it on held-out phantoms, teach it four tasks, and report a phantom examination.")
        {
            output, clip, seeds, train, test, labelled, noStudy, scale, set,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await RunAsync(
                new DemoOptions
                {
                    Out = Unused(parsed.GetValue(output)!, parsed.GetResult(output)?.Implicit ?? true),
                    Clip = parsed.GetValue(clip),
                    Seeds = AtLeast(1, parsed.GetValue(seeds), "--seeds"),
                    TrainClips = AtLeast(60, parsed.GetValue(train), "--train-clips"),
                    TestClips = AtLeast(24, parsed.GetValue(test), "--test-clips"),
                    SupervisedSteps = AtLeast(1, parsed.GetValue(labelled), "--supervised-steps"),
                    Overrides = parsed.GetValue(set) ?? [],
                    Study = !parsed.GetValue(noStudy),
                    StudyScale = parsed.GetValue(scale) is > 0 and <= 1 and { } share ? share : throw new ConfigurationException("command line", "--study-scale must be above 0 and at most 1."),
                },
                cancellationToken).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        // A clip that cannot be read is better known now than in some minutes.
        var own = options.Clip is null ? null : ClipReader.Open(options.Clip);
        var clock = Stopwatch.StartNew();
        var repetitions = new DemoRun(options, Say).Run(cancellationToken);
        DemoReport.Write(options.Out, options, repetitions);
        Console.WriteLine();
        Console.WriteLine(DemoReport.Table(repetitions));
        Console.WriteLine(DemoReport.Verdict(repetitions));
        if (own is not null)
        {
            EmbedOwn(own, options, repetitions[0]);
        }

        if (options.Study)
        {
            string section = await new DemoStudy(options, Say).RunAsync(Path.Combine(repetitions[0].RunFolder, "model"), cancellationToken).ConfigureAwait(false);
            DemoReport.Append(options.Out, section);
            Console.WriteLine();
            Console.WriteLine(section);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.Combine(options.Out, "report.md")}, curves.png, contact.png and map.png are written; {clock.Elapsed.TotalMinutes:0.0} minutes."));

        void Say(string text) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{clock.Elapsed.TotalSeconds,4:0} s] {text}"));
    }

    private static void EmbedOwn(Core.Imaging.EchoClip clip, DemoOptions options, DemoRepetition repetition)
    {
        using var embedder = Embedder.Load(Path.Combine(repetition.RunFolder, "model"));
        float[] values = embedder.Embed(clip);
        string file = Path.Combine(options.Out, "clip.npy");
        NumpyFile.Write<float>(file, [clip.FrameCount, embedder.Dimension], values);

        var queries = new FeatureTable(values, embedder.Dimension, new int[clip.FrameCount], DemoSet.ViewNames);
        var votes = new KnnProbe(repetition.Gallery).Predict(queries);
        double[] shares = [.. DemoSet.ViewNames.Select((_, view) => Enumerable.Range(0, votes.Count).Average(i => votes.Probabilities(i)[view]))];
        int nearest = Array.IndexOf(shares, shares.Max());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{clip.Origin.Path}: {clip.FrameCount} frames embedded in {file}. Its nearest phantoms are mostly {DemoSet.ViewNames[nearest]} ({100 * shares[nearest]:0} % of the votes), from an encoder that has seen phantoms alone: a curiosity, not a finding."));
    }

    // The default name may be taken by an earlier demonstration; a name that the user gave must be free.
    private static string Unused(string folder, bool isDefault)
    {
        string free = folder;
        for (int i = 2; isDefault && Directory.Exists(free); i++)
        {
            free = $"{folder}-{i}";
        }

        AtomicOutput.RequireNew(free);
        return free;
    }

    private static int AtLeast(int minimum, int value, string option) =>
        value >= minimum ? value : throw new ConfigurationException("command line", $"{option} is {value}; it must be at least {minimum}.");
}
