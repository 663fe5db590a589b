using System.Globalization;
using System.Text;
using EchoApex.Core.Charts;
using EchoApex.Core.Datasets;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Demo;

/// <summary>The demonstration's table and pictures.</summary>
internal static class DemoReport
{
    /// <summary>Mean and spread over the repetitions, as Markdown.</summary>
    public static string Table(IReadOnlyList<DemoRepetition> repetitions)
    {
        var text = new StringBuilder();
        text.AppendLine("| features of held-out phantoms | k-NN % | each seed | linear probe % | each seed |");
        text.AppendLine("|---|---|---|---|---|");
        for (int row = 0; row < repetitions[0].Scores.Count; row++)
        {
            double[] knn = [.. repetitions.Select(repetition => 100 * repetition.Scores[row].Knn.Accuracy.Estimate)];
            double[] linear = [.. repetitions.Select(repetition => 100 * repetition.Scores[row].Linear.Accuracy.Estimate)];
            text.AppendLine($"| {repetitions[0].Scores[row].Name} | {MeanAndSpread(knn)} | {Each(knn)} | {MeanAndSpread(linear)} | {Each(linear)} |");
        }

        return text.ToString();
    }

    /// <summary>What the table says, in words, whatever it is.</summary>
    public static string Verdict(IReadOnlyList<DemoRepetition> repetitions)
    {
        double[] gains = [.. repetitions.Select(r => 100 * (Knn(r, DemoRun.Pretrained) - Knn(r, DemoRun.Untrained)))];
        double overPixels = repetitions.Average(r => 100 * (Knn(r, DemoRun.Pretrained) - Knn(r, DemoRun.Pixels)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Pretraining without labels changed k-NN accuracy by {gains.Average():+0.0;-0.0} points over the untrained encoder ({Each(gains)}) and stands {overPixels:+0.0;-0.0} points from raw pixels. Chance is {100.0 / DemoSet.ViewNames.Count:0.0} %.");
    }

    /// <summary>Writes report.md, curves.png, contact.png and map.png.</summary>
    public static void Write(string folder, DemoOptions options, IReadOnlyList<DemoRepetition> repetitions)
    {
        AtomicOutput.WriteText(Path.Combine(folder, "report.md"), Text(options, repetitions));
        Curves(repetitions).Save(Path.Combine(folder, "curves.png"));
        Contact(repetitions[0].Test).Save(Path.Combine(folder, "contact.png"));
        Map(repetitions[0]).Save(Path.Combine(folder, "map.png"));
    }

    /// <summary>Adds the part about the tasks and the examination to report.md.</summary>
    public static void Append(string folder, string section)
    {
        string path = Path.Combine(folder, "report.md");
        AtomicOutput.WriteText(path, $"{File.ReadAllText(path)}\n{section}");
    }

    private static string Text(DemoOptions options, IReadOnlyList<DemoRepetition> repetitions) => $"""
        # EchoApex demonstration

        {repetitions.Count} repetition(s), each with its own phantoms, weights and batches: {options.TrainClips} training and {options.TestClips} held-out
        clips of {options.Frames} frames, easy level, read back from DICOM and AVI. Probes see {options.ProbeFrames} frames a clip and are fitted on the
        training clips; the L2 of the linear probe is chosen on a fifth of these held back. Nothing was chosen on the held-out clips.

        {Table(repetitions)}
        {Verdict(repetitions)}

        Pretraining took {Seconds(repetitions.Select(r => r.PretrainingSeconds))} s a repetition, the supervised encoder {Seconds(repetitions.Select(r => r.SupervisedSeconds))} s.

        - `curves.png`: the pretraining runs. `contact.png`: held-out phantoms. `map.png`: their embeddings in two dimensions (t-SNE).
        - `seed-*/pretrain`: run folders with configuration, metrics, checkpoints and `model/`, a model folder for `echoapex embed`.

        Phantoms are not patients: these figures say that the machinery works, not how well it reads echocardiograms.

        """;

    private static ChartPicture Curves(IReadOnlyList<DemoRepetition> repetitions)
    {
        (string Name, string Title)[] panels =
        [
            ("loss", "Loss"), ("teacher_entropy", "Teacher entropy (nats)"), ("feature_rank", "Effective rank of features"), ("learning_rate", "Learning rate"),
        ];
        var runs = repetitions.Select(repetition => (repetition.Seed, Metrics: MetricsFile.Read(Path.Combine(repetition.RunFolder, "metrics.jsonl")))).ToArray();
        IChart[] charts = [.. panels.Select(panel => new LineChart
        {
            Title = panel.Title,
            XTitle = "step",
            Series = [.. runs.SelectMany(run => run.Metrics.Series
                .Where(series => series.Name == panel.Name)
                .Select(series => series with { Name = $"seed {run.Seed}" }))],
        })];
        return ChartPicture.Grid(charts, 2, 560, 360, "DINO pretraining on phantoms");
    }

    private static ChartPicture Contact(LabelledClipList test)
    {
        const int Columns = 6;
        var tiles = new List<SheetTile>();
        for (int view = 0; view < DemoSet.ViewNames.Count; view++)
        {
            foreach (int i in Enumerable.Range(0, test.Clips.Count).Where(i => test.Clips[i].Label == DemoSet.ViewNames[view]).Take(4))
            {
                var clip = ClipReader.Open(test.Clips[i].Path);
                tiles.Add(new SheetTile(clip.ReadFrame(0), clip.Height, clip.Width, clip.Channels, DemoSet.ViewNames[view]));
            }
        }

        // Four of each view, one view a column.
        SheetTile[] byColumn = [.. Enumerable.Range(0, tiles.Count).OrderBy(i => i % 4).ThenBy(i => i / 4).Select(i => tiles[i])];
        return new ContactSheet { Title = "Held-out phantoms, first frames", Tiles = byColumn, Columns = Columns, TileSize = 160 }.Render();
    }

    private static ChartPicture Map(DemoRepetition repetition)
    {
        IChart[] charts = [Scatter("Untrained encoder", repetition.Untrained), Scatter("Pretrained without labels", repetition.Pretrained)];
        return ChartPicture.Grid(charts, 2, 620, 640, "Embeddings of held-out phantoms (t-SNE), coloured by view");
    }

    private static ScatterChart Scatter(string title, FeatureTable table)
    {
        double[] points = TSne.Embed(table, RandomStream.For(0, "demo-map"));
        return new ScatterChart
        {
            Title = title,
            X = [.. Enumerable.Range(0, table.Count).Select(i => points[2 * i])],
            Y = [.. Enumerable.Range(0, table.Count).Select(i => points[(2 * i) + 1])],
            Labels = table.Labels,
            LabelNames = table.LabelNames,
            ShowTicks = false,
        };
    }

    private static double Knn(DemoRepetition repetition, string name) => repetition.Scores.Single(score => score.Name == name).Knn.Accuracy.Estimate;

    private static string MeanAndSpread(double[] values)
    {
        double mean = values.Average();
        double spread = values.Length < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{mean:0.0} ± {spread:0.0}");
    }

    private static string Each(IEnumerable<double> values) =>
        string.Join(", ", values.Select(value => value.ToString("0.0", CultureInfo.InvariantCulture)));

    private static string Seconds(IEnumerable<double> values) => values.Average().ToString("0", CultureInfo.InvariantCulture);
}
