using System.CommandLine;
using System.Globalization;
using EchoApex.Cli.Ingest;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex ingest</c>: a scanner's export to de-identified shards.</summary>
internal static class IngestCommand
{
    private static readonly IngestOptions Defaults = new();
    private static readonly Argument<string[]> Inputs = new("inputs") { Description = "Files, folders and archives (.zip, .tar, .tar.gz) in any mixture.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> Output = new("--out") { Description = "Folder of the shards. An interrupted run goes on where it stopped when it is started again with the same options.", Required = true };
    private static readonly Option<string?> Key = new("--key") { Description = $"File with the secret of the pseudonyms, at least 16 characters; else the variable {Pseudonymizer.Variable}; else ~/.echoapex/deid.key, made on first use." };
    private static readonly Option<string?> Sources = new("--sources") { Description = "CSV file to write, outside OUT: which key stands for which input. As identifying as the input's names." };
    private static readonly Option<int> Size = new("--size") { Description = "Longer side of stored frames in pixels.", DefaultValueFactory = _ => Defaults.MaximumSide };
    private static readonly Option<int> Frames = new("--frames") { Description = "Frames kept of a clip, spread evenly.", DefaultValueFactory = _ => Defaults.FramesPerClip };
    private static readonly Option<double> Repeat = new("--repeat-threshold") { Description = "Mean change in gray levels up to which a frame repeats the one before and is left out.", DefaultValueFactory = _ => Defaults.RepeatThreshold };
    private static readonly Option<double> Confidence = new("--least-confidence") { Description = "Confidence of the sector below which a clip goes to the quarantine; at least 0.5.", DefaultValueFactory = _ => Defaults.LeastConfidence };
    private static readonly Option<string> Classes = new("--classes") { Description = "What is stored, separated by commas: BMode, ColorFlow, Still.", DefaultValueFactory = _ => string.Join(',', Defaults.Classes) };
    private static readonly Option<bool> KeepDuplicates = new("--keep-duplicates") { Description = "Store clips that show what an earlier clip shows, too." };
    private static readonly Option<bool> Dicom = new("--dicom") { Description = "Write each stored clip as a de-identified DICOM file, too: OUT/dicom." };
    private static readonly Option<bool> DropScanner = new("--drop-scanner") { Description = "Do not keep manufacturer and model." };
    private static readonly Option<bool> DropAge = new("--drop-age") { Description = "Do not keep the age (in years, at most 90)." };
    private static readonly Option<bool> KeepSex = new("--keep-sex") { Description = "Keep the patient's sex." };
    private static readonly Option<string> PatientOf = new("--patient-of") { Description = "Whose patient a video or picture shows: 'file' (each its own) or 'folder'.", DefaultValueFactory = _ => "file" };
    private static readonly Option<double> Validation = new("--val") { Description = "Share of patients in the part 'val'.", DefaultValueFactory = _ => Defaults.ValidationShare };
    private static readonly Option<double> Test = new("--test") { Description = "Share of patients in the part 'test'.", DefaultValueFactory = _ => Defaults.TestShare };
    private static readonly Option<string> Salt = new("--salt") { Description = "Salt of the division into parts.", DefaultValueFactory = _ => Defaults.SplitSalt };
    private static readonly Option<int> Quality = new("--quality") { Description = "JPEG quality.", DefaultValueFactory = _ => Defaults.Shards.Quality };
    private static readonly Option<bool> Lossless = new("--lossless") { Description = "Store PNG in place of JPEG." };
    private static readonly Option<int> Megabytes = new("--shard-megabytes") { Description = "Size of a shard.", DefaultValueFactory = _ => Defaults.Shards.ShardMegabytes };
    private static readonly Option<int> Workers = new("--workers") { Description = "Threads; the output does not depend on their number.", DefaultValueFactory = _ => Defaults.Workers };

    public static Command Create()
    {
        var command = new Command("ingest", "De-identify a scanner's export and write it as shards, with manifest, audits and quarantine list.") { Inputs, Output };
        foreach (Option option in new Option[] { Key, Sources, Size, Frames, Repeat, Confidence, Classes, KeepDuplicates, Dicom, DropScanner, DropAge, KeepSex, PatientOf, Validation, Test, Salt, Quality, Lossless, Megabytes, Workers })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            string folder = parsed.GetRequiredValue(Output);
            var options = OptionsOf(parsed);
            string? sources = parsed.GetValue(Sources);
            var report = Ingestion.Run(parsed.GetRequiredValue(Inputs), folder, options, IngestKey.Find(parsed.GetValue(Key)), sources, cancellationToken: cancellationToken);
            ManifestParquet.Write(Path.Combine(folder, "manifest.parquet"), [.. report.Set.Select(ManifestRow.Of)]);
            Print(report, folder);
            return Task.FromResult(0);
        });
        return command;
    }

    private static IngestOptions OptionsOf(ParseResult parsed) => new()
    {
        Shards = new ShardWriteOptions
        {
            Codec = parsed.GetValue(Lossless) ? ShardCodec.Png : ShardCodec.Jpeg,
            Quality = parsed.GetValue(Quality),
            ShardMegabytes = parsed.GetValue(Megabytes),
        },
        Keep = new DeidentifyOptions { KeepScanner = !parsed.GetValue(DropScanner), KeepAge = !parsed.GetValue(DropAge), KeepSex = parsed.GetValue(KeepSex) },
        MaximumSide = parsed.GetValue(Size),
        FramesPerClip = parsed.GetValue(Frames),
        RepeatThreshold = parsed.GetValue(Repeat),
        LeastConfidence = parsed.GetValue(Confidence),
        Classes = [.. parsed.GetValue(Classes)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ClassOf)],
        DropDuplicates = !parsed.GetValue(KeepDuplicates),
        WriteDicom = parsed.GetValue(Dicom),
        PatientOfFolder = parsed.GetValue(PatientOf) switch
        {
            "file" => false,
            "folder" => true,
            var other => throw new ConfigurationException("command line", $"--patient-of '{other}' is not one of file, folder."),
        },
        ValidationShare = parsed.GetValue(Validation),
        TestShare = parsed.GetValue(Test),
        SplitSalt = parsed.GetValue(Salt)!,
        Workers = parsed.GetValue(Workers),
    };

    private static ClipClass ClassOf(string name) =>
        char.IsAsciiLetter(name[0]) && Enum.TryParse(name, ignoreCase: true, out ClipClass kind)
            ? kind
            : throw new ConfigurationException("command line", $"--classes: '{name}' is none of BMode, ColorFlow, Still.");

    private static void Print(IngestReport report, string folder)
    {
        var stored = report.Set;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: {stored.Count} clips of {stored.Select(clip => clip.Patient).Distinct().Count()} patients, {stored.Sum(clip => clip.Frames)} frames."));
        foreach (var (decision, reason, count) in report.Reasons.Where(row => row.Decision != IngestDecision.Stored))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {count,6} {decision.ToString().ToLowerInvariant()}: {reason}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {report.PassedOver,6} other files passed over, {report.Resumed} clips done by an earlier run"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {report.ClipsPerSecond:0.0} clips/s, {100 * report.Decoding:0} % of the workers' time in decoders"));
    }
}
