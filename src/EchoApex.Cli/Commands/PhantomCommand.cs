using System.CommandLine;
using System.Globalization;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex phantom</c>: synthetic echocardiograms with exact ground truth.</summary>
internal static class PhantomCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Folder to make; it must not exist, or be empty.", Required = true };
        var count = new Option<int>("--count") { Description = "Number of clips.", DefaultValueFactory = _ => 60 };
        var views = new Option<string>("--views") { Description = $"Views in turn, separated by commas: {Names<PhantomView>()}. All by default." };
        var difficulty = new Option<string>("--difficulty") { Description = "easy, medium or hard.", DefaultValueFactory = _ => "easy" };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the set: the same seed gives the same bytes.", DefaultValueFactory = _ => 0 };
        var frames = new Option<int>("--frames") { Description = "Frames in a clip.", DefaultValueFactory = _ => 32 };
        var size = new Option<int>("--size") { Description = "Rows and columns of a frame.", DefaultValueFactory = _ => 256 };
        var rate = new Option<double?>("--fps") { Description = "Frames a second. Without it the frames are spread over --beats." };
        var beats = new Option<double>("--beats") { Description = "Heart beats that a clip covers when --fps is not given.", DefaultValueFactory = _ => 1 };
        var format = new Option<string>("--format") { Description = "dicom, avi or both: then each clip is there twice, and commands that take a folder read both.", DefaultValueFactory = _ => "dicom" };
        var encoding = new Option<string>("--dicom-encoding") { Description = "uncompressed, rle or jpeg.", DefaultValueFactory = _ => "uncompressed" };
        var study = new Option<bool>("--study") { Description = "One heart in the views of --views (A4C, A2C, PLAX, PSAX by default), as the DICOM files of one examination; the truth lies beside it." };
        var command = new Command("phantom", "Make synthetic beating hearts with exact truth: clips, masks, landmarks, volumes, manifest.csv.")
        {
            output, count, views, difficulty, seed, frames, size, rate, beats, format, encoding, study,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            string kind = Choice("--format", parsed.GetValue(format)!, "dicom", "avi", "both");
            var options = new PhantomSetOptions
            {
                Count = parsed.GetValue(count),
                Seed = parsed.GetValue(seed),
                Dicom = kind != "avi",
                Avi = kind != "dicom",
                DicomEncoding = Choice("--dicom-encoding", parsed.GetValue(encoding)!, "uncompressed", "rle", "jpeg") switch
                {
                    "rle" => DicomPixelEncoding.RunLength,
                    "jpeg" => DicomPixelEncoding.JpegBaseline,
                    _ => DicomPixelEncoding.Uncompressed,
                },
                Clip = new PhantomOptions
                {
                    ImageSize = parsed.GetValue(size),
                    Frames = parsed.GetValue(frames),
                    FramesPerSecond = parsed.GetValue(rate),
                    Beats = parsed.GetValue(beats),
                    Difficulty = Enum.Parse<PhantomDifficulty>(Choice("--difficulty", parsed.GetValue(difficulty)!, "easy", "medium", "hard"), ignoreCase: true),
                    Views = parsed.GetValue(views) is { } list ? ParseViews(list) : Enum.GetValues<PhantomView>(),
                },
            };
            string folder = parsed.GetValue(output)!;
            if (parsed.GetValue(study))
            {
                RefuseWithStudy(parsed, count, format, encoding);
                // Two beats unless told otherwise: one may begin within systole.
                var examination = new PhantomStudyOptions
                {
                    Seed = options.Seed,
                    Clip = options.Clip with
                    {
                        Frames = parsed.GetResult(frames) is null or { Implicit: true } ? 48 : options.Clip.Frames,
                        Beats = parsed.GetResult(beats) is null or { Implicit: true } ? 2 : options.Clip.Beats,
                    },
                };
                examination = parsed.GetValue(views) is null ? examination : examination with { Views = options.Clip.Views };
                var truth = PhantomStudyWriter.Write(folder, examination)[0];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a phantom examination of {examination.Views.Count} views in {Path.Combine(folder, PhantomStudyWriter.ImageFolder)}: EF {truth.EjectionFractionPercent:0.0} %, volumes {truth.EndDiastolicVolumeMl:0} and {truth.EndSystolicVolumeMl:0} mL, {truth.HeartRateBpm:0} beats a minute."));
                return Task.FromResult(0);
            }

            PhantomSetWriter.Write(folder, options, cancellationToken: cancellationToken);
            Console.WriteLine($"{options.Count} phantom clips in {folder}: see manifest.csv.");
            return Task.FromResult(0);
        });
        return command;
    }

    private static void RefuseWithStudy(ParseResult parsed, params Option[] options)
    {
        if (options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new ConfigurationException("command line", $"{given.Name} does not go with --study, which makes one examination: an uncompressed DICOM file for each view. Leave it out, or name the views with --views.");
        }
    }

    private static PhantomView[] ParseViews(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseView)];

    private static PhantomView ParseView(string name) =>
        char.IsAsciiLetter(name[0]) && Enum.TryParse(name, ignoreCase: true, out PhantomView view)
            ? view
            : throw new ConfigurationException("command line", $"--views: '{name}' is not a view. Views are {Names<PhantomView>()}.");

    private static string Choice(string option, string value, params string[] choices) =>
        choices.Contains(value.ToLowerInvariant(), StringComparer.Ordinal)
            ? value.ToLowerInvariant()
            : throw new ConfigurationException("command line", $"{option} '{value}' is not one of {string.Join(", ", choices)}.");

    private static string Names<T>()
        where T : struct, Enum =>
        string.Join(", ", Enum.GetNames<T>());
}
