using System.Diagnostics;
using System.Globalization;
using System.Text;
using EchoApex.Core.Configuration;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Studies;

namespace EchoApex.Cli.Demo;

/// <summary>
/// The last part of the demonstration: models of the four tasks from the pretrained encoder, phantom examinations that no model has seen,
/// what is measured in them beside the truth, and the report of the first.
/// </summary>
internal sealed class DemoStudy(DemoOptions options, Action<string> say)
{
    // Two at a time, one thread each; the longest go first.
    private static readonly string[][] Lanes = [["segment", "view"], ["measure", "ef"]];

    private const ulong ExaminationSeed = 9000;

    // Heads of a few hundred steps expect little of their own masks; the bound for models in use is higher.
    private const double LeastMaskQuality = 0.2;
    private const double LeastViewConfidence = 0.35;

    /// <summary>Runs to the end.</summary>
    /// <param name="encoder">The pretrained encoder's model folder.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The table of values beside the truth, as Markdown.</returns>
    public async Task<string> RunAsync(string encoder, CancellationToken cancellationToken)
    {
        string models = Path.Combine(options.Out, "models"), data = Path.Combine(options.Out, "labelled");
        foreach (var (name, task) in new[] { ("views", "view"), ("long-axis", "measure"), ("four-chamber", "ef") })
        {
            PhantomSetWriter.Write(Path.Combine(data, name), DemoTasks.Data(task, Scaled), cancellationToken: cancellationToken);
        }

        say($"labelled phantoms for four tasks in {data}");
        var clock = Stopwatch.StartNew();
        string[] results = await Task.WhenAll(Lanes.Select(lane => TeachAsync(lane, encoder, data, models, cancellationToken))).ConfigureAwait(false);
        say(string.Create(CultureInfo.InvariantCulture, $"four models in {clock.Elapsed.TotalSeconds:0} s"));
        return Read(models, string.Concat(results), cancellationToken);
    }

    private int Scaled(int number, int atLeast) => Math.Max(atLeast, (int)Math.Round(number * options.StudyScale));

    private async Task<string> TeachAsync(string[] tasks, string encoder, string data, string models, CancellationToken cancellationToken)
    {
        var lines = new StringBuilder();
        foreach (string task in tasks)
        {
            string run = Path.Combine(models, task);
            string recipe = Path.Combine(models, $"{task}.yaml");
            AtomicOutput.WriteText(recipe, ConfigurationWriter.ToYaml(DemoTasks.Recipe(task, Scaled)));
            string set = Path.Combine(data, task switch { "measure" => "long-axis", "ef" => "four-chamber", _ => "views" });
            string last = await OwnProcess.RunAsync(["finetune", task, "--model", encoder, "--data", set, "--out", run, "--config", recipe], line => say($"{task}: {line}"), cancellationToken).ConfigureAwait(false);
            lines.AppendLine($"- {task}: {last}");
        }

        return lines.ToString();
    }

    private string Read(string models, string trained, CancellationToken cancellationToken)
    {
        using var predictor = EchoPredictor.Load(models);
        var table = new DemoStudyTable();
        string first = Path.Combine(options.Out, "examinations", "0");
        for (int i = 0; i < options.Examinations; i++)
        {
            string folder = Path.Combine(options.Out, "examinations", i.ToString(CultureInfo.InvariantCulture));
            var phantom = new PhantomStudyOptions { Seed = ExaminationSeed, Index = i, Clip = new PhantomOptions { ImageSize = 160, Frames = Scaled(40, 8), Beats = 2 } };
            var clips = PhantomStudyWriter.Generate(phantom);
            PhantomStudyWriter.Write(folder, phantom);
            var reading = new StudyOptions { MinimumMaskQuality = LeastMaskQuality, MinimumViewConfidence = LeastViewConfidence, Explain = i == 0 };
            var study = new StudyPipeline(predictor, reading).Run(Path.Combine(folder, PhantomStudyWriter.ImageFolder), cancellationToken: cancellationToken);
            table.Add(study, clips);
            if (i == 0)
            {
                StudyReport.Write(Path.Combine(options.Out, "report"), study, new ReportOptions { KeyImages = true }, Path.Combine(folder, PhantomStudyWriter.ImageFolder));
            }
        }

        say($"{options.Examinations} phantom examinations read");
        return $"""
            ## A study report from models that were trained here

            {trained}
            {table.ToMarkdown()}
            The first examination is reported in `report/`: report.html (open it), report.json, report.dcm (DICOM structured report), key images. Masks are
            measured from an expected overlap of {LeastMaskQuality.ToString("0.0", CultureInfo.InvariantCulture)} on and views from a confidence of {LeastViewConfidence.ToString("0.00", CultureInfo.InvariantCulture)} here; the bounds of `echoapex report` are 0.5. Its clips lie in `{first}`;
            `echoapex report {Path.Combine(first, PhantomStudyWriter.ImageFolder)} --models {models} --out OUT` reads them again.

            """;
    }
}
