using System.CommandLine;
using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Studies;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex report</c>: a study to a report.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string> Study = new("STUDY") { Description = "Folder of the study's clips, a DICOMDIR, or a single clip." };
    private static readonly Option<string> Models = new("--models") { Description = "Folder of fine-tuned models, one a task (view, segment, measure, ef), or of a single one.", Required = true };
    private static readonly Option<string?> Base = new("--base") { Description = "Model folder of the encoder, or its run folder, for adapters whose encoder was moved." };
    private static readonly Option<string> Out = new("--out") { Description = "Folder for report.json, report.html and report.dcm; files of these names are replaced.", Required = true };
    private static readonly Option<bool> KeyImagesToo = new("--key-images") { Description = "Write measured frames with their overlays as DICOM secondary captures too." };
    private static readonly Option<bool> KeepIdentity = new("--keep-identity") { Description = "Name patient and examination in the DICOM outputs, as the study's first DICOM file does. Without it nobody is named." };
    private static readonly Option<bool> NoMaps = new("--no-maps") { Description = "Leave out the pictures of what the encoders look at." };
    private static readonly Option<bool> MeasureUnfamiliar = new("--measure-unfamiliar") { Description = "Measure clips too whose pictures are like none that the view model was trained on, as of another scanner; they are warned about." };
    private static readonly Option<double> MinimumView = new("--minimum-view-confidence") { Description = "Confidence below which a view is not taken as recognised.", DefaultValueFactory = _ => new StudyOptions().MinimumViewConfidence };
    private static readonly Option<double> MinimumMask = new("--minimum-mask-quality") { Description = "Overlap that the segmentation must expect of a mask to have it measured.", DefaultValueFactory = _ => new StudyOptions().MinimumMaskQuality };
    private static readonly Option<double?> Surface = new("--body-surface-area") { Description = "The patient's body surface area in m2, for the mass index." };
    private static readonly Option<Sex?> Limits = new("--sex") { Description = "Whose limits of the mass index apply: female or male." };
    private static readonly Option<string> EncoderPrecision = PrecisionOption.Create();

    public static Command Create()
    {
        var command = new Command("report", "Read a study: views, beats, volumes, lengths, ejection fraction, quality; as JSON, HTML and a DICOM structured report.")
        {
            Study, Models, Base, Out, KeyImagesToo, KeepIdentity, NoMaps, MeasureUnfamiliar, MinimumView, MinimumMask, Surface, Limits, EncoderPrecision,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            TorchRuntime.EnsureAvailable();
            Run(parsed, cancellationToken);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var predictor = EchoPredictor.Load(parsed.GetValue(Models)!, EncoderFolder.OfOptional(parsed.GetValue(Base)), inference: PrecisionOption.Read(parsed.GetValue(EncoderPrecision)));
        var options = new StudyOptions
        {
            Explain = !parsed.GetValue(NoMaps),
            RefuseUnfamiliar = !parsed.GetValue(MeasureUnfamiliar),
            MinimumViewConfidence = parsed.GetValue(MinimumView),
            MinimumMaskQuality = parsed.GetValue(MinimumMask),
            BodySurfaceAreaM2 = parsed.GetValue(Surface),
            Sex = parsed.GetValue(Limits),
        };
        string path = parsed.GetValue(Study)!;
        var study = new StudyPipeline(predictor, options).Run(path, new Lines(), cancellationToken);
        var files = StudyReport.Write(
            parsed.GetValue(Out)!, study, new ReportOptions { KeyImages = parsed.GetValue(KeyImagesToo), KeepIdentity = parsed.GetValue(KeepIdentity) }, path);
        Console.WriteLine();
        foreach (string line in Text(study))
        {
            Console.WriteLine(line);
        }

        Console.WriteLine($"{string.Join(", ", files)}");
    }

    /// <summary>What a study says, line by line.</summary>
    internal static IEnumerable<string> Text(StudyResult study)
    {
        foreach (string sentence in study.Summary)
        {
            yield return sentence;
        }

        foreach (var clip in study.Clips)
        {
            string view = clip.View is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{clip.View}{(clip.ViewConfidence is { } trust ? $" {trust:0.00}" : "")}, ");
            yield return $"  clip {clip.Number} {clip.Name}: {view}{clip.Reason}";
        }
    }

    private sealed class Lines : IProgress<string>
    {
        public void Report(string value) => Console.WriteLine(value);
    }
}
