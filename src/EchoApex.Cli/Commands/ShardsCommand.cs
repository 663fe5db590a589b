using System.CommandLine;
using System.Globalization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex shards</c>: pack clips into shards, and look after them.</summary>
internal static class ShardsCommand
{
    public static Command Create() => new("shards", "Many clips in a few large files, for pretraining (docs/shards.md).") { Pack(), Verify(), Stat(), Repair() };

    private static Command Pack()
    {
        var source = new Argument<string>("DIR") { Description = "Folder of clips, searched through. NOTHING IS DE-IDENTIFIED: take clips that are already, or phantoms." };
        var output = new Option<string>("--out") { Description = "Folder of shards; new, or one to go on with: what it holds is not packed again.", Required = true };
        var codec = new Option<string>("--codec") { Description = "jpeg, or png without loss.", DefaultValueFactory = _ => "jpeg" };
        codec.AcceptOnlyFromAmong("jpeg", "png");
        var quality = new Option<int>("--quality") { Description = "JPEG quality, 1 to 100.", DefaultValueFactory = _ => 95 };
        var size = new Option<int>("--shard-mb") { Description = "Size of a shard in megabytes.", DefaultValueFactory = _ => 256 };
        var prefix = new Option<string>("--prefix") { Description = "Start of the shards' names; several processes may fill one folder with different ones.", DefaultValueFactory = _ => "shard" };
        var side = new Option<int>("--max-side") { Description = "Longer side of a frame in pixels; larger sectors are shrunk.", DefaultValueFactory = _ => 256 };
        var frames = new Option<int>("--frames") { Description = "Frames of a clip, spread evenly over it.", DefaultValueFactory = _ => 4096 };
        var list = new Option<string?>("--list") { Description = "List of labelled clips (CSV with path, label, patient; or a phantom set's manifest.csv): gives patients and views. Default: DIR/manifest.csv where there is one." };
        var workers = new Option<int>("--workers") { Description = "Threads that read and encode.", DefaultValueFactory = _ => new PackOptions().Workers };
        var command = new Command("pack", "Pack a folder of clips into shards: sector, gray, shrunk. It does not de-identify.") { source, output, codec, quality, size, prefix, side, frames, list, workers };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new PackOptions
            {
                Shards = new ShardWriteOptions
                {
                    Codec = parsed.GetValue(codec) == "png" ? ShardCodec.Png : ShardCodec.Jpeg,
                    Quality = parsed.GetValue(quality),
                    ShardMegabytes = parsed.GetValue(size),
                    Prefix = parsed.GetValue(prefix)!,
                },
                MaximumSide = parsed.GetValue(side),
                FramesPerClip = parsed.GetValue(frames),
                Workers = parsed.GetValue(workers),
            };
            return Task.FromResult(Pack(parsed.GetRequiredValue(source), parsed.GetRequiredValue(output), options, parsed.GetValue(list), cancellationToken));
        });
        return command;
    }

    private static int Pack(string source, string output, PackOptions options, string? list, CancellationToken cancellationToken)
    {
        OptionsValidator.Validate(options, "command line");
        var outcome = ClipPacker.Run(source, output, options, list is null ? UsualList(source) : LabelledClipList.Read(list), cancellationToken: cancellationToken);
        foreach (var clip in outcome.Skipped)
        {
            Console.Error.WriteLine($"left out: {clip.Path}: {clip.Reason}");
        }

        var manifest = outcome.Manifest;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {manifest.ClipCount} clips, {manifest.FrameCount} frames in {manifest.Shards.Count} shards, {Size(manifest.Shards.Sum(shard => shard.Bytes))}; {outcome.Added} clips added, {outcome.Present} were there, {outcome.Skipped.Count} left out. Nothing was de-identified."));
        return 0;
    }

    private static LabelledClipList? UsualList(string source)
    {
        string usual = Path.Combine(source, "manifest.csv");
        try
        {
            return File.Exists(usual) ? LabelledClipList.Read(usual) : null;
        }
        catch (DataException error)
        {
            throw new DataException(usual, $"{error.Reason} It was taken for the list of labels because it lies there: name another with --list, or move it elsewhere to pack without labels.", innerException: error);
        }
    }

    private static Command Verify()
    {
        var folder = Folder();
        var decode = new Option<bool>("--decode") { Description = "Decode every picture too; slower." };
        var command = new Command("verify", "Verify every checksum of a set of shards and name each bad record. Exit code 1 when there is one.") { folder, decode };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Verify(parsed.GetRequiredValue(folder), parsed.GetValue(decode), cancellationToken)));
        return command;
    }

    private static int Verify(string folder, bool decode, CancellationToken cancellationToken)
    {
        var findings = ShardVerifier.Run(folder, decode, cancellationToken: cancellationToken);
        foreach (var finding in findings)
        {
            Console.WriteLine(finding);
        }

        var manifest = ShardManifest.Read(folder);
        Console.WriteLine(findings.Count == 0
            ? $"{folder}: {manifest.Shards.Count} shards, {manifest.ClipCount} clips, {manifest.FrameCount} frames: all is well."
            : $"{folder}: {findings.Count} faults. 'echoapex shards repair' rebuilds indexes and keeps the whole clips.");
        return findings.Count == 0 ? 0 : 1;
    }

    private static Command Stat()
    {
        var folder = Folder();
        var command = new Command("stat", "Say what a set of shards holds.") { folder };
        command.SetAction(parsed =>
        {
            using var set = ShardSet.Open(parsed.GetRequiredValue(folder));
            Console.Write(Describe(set));
            return 0;
        });
        return command;
    }

    private static string Describe(ShardSet set)
    {
        var manifest = set.Manifest;
        int[] frames = [.. Enumerable.Range(0, set.Count).Select(set.FrameCountOf).Order()];
        var sizes = Enumerable.Range(0, set.Count).Select(set.SizeOf).ToArray();
        int patients = Enumerable.Range(0, set.Count).Select(set.PatientOf).Distinct().Count();
        long bytes = manifest.Shards.Sum(shard => shard.Bytes);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            shards       {manifest.Shards.Count}, {Size(bytes)}
            clips        {set.Count}
            patients     {patients} (a clip without a patient counts as one)
            frames       {manifest.FrameCount}; a clip has {frames[0]} to {frames[^1]}, median {frames[frames.Length / 2]}
            rows         {sizes.Min(size => size.Height)} to {sizes.Max(size => size.Height)}
            columns      {sizes.Min(size => size.Width)} to {sizes.Max(size => size.Width)}
            bytes/frame  {bytes / (double)Math.Max(1, manifest.FrameCount):0}
            fingerprint  {manifest.Fingerprint}

            """);
    }

    private static Command Repair()
    {
        var folder = Folder();
        var command = new Command("repair", "Rebuild missing or damaged indexes, take the whole clips out of torn archives, write shards.json. Damaged archives stay as NAME.tar.damaged. Exit code 1 when clips were lost.") { folder };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Repair(parsed.GetRequiredValue(folder), cancellationToken)));
        return command;
    }

    private static int Repair(string folder, CancellationToken cancellationToken)
    {
        var reports = ShardRepair.Run(folder, cancellationToken: cancellationToken);
        foreach (var report in reports.Where(report => report.Actions.Count > 0))
        {
            Console.WriteLine($"{report.Shard}: {string.Join("; ", report.Actions)}");
            foreach (string fault in report.Faults)
            {
                Console.WriteLine($"  {fault}");
            }

            foreach (string key in report.Lost)
            {
                Console.WriteLine($"  lost: {key}");
            }
        }

        int lost = reports.Sum(report => report.Lost.Count);
        Console.WriteLine($"{folder}: {reports.Count} shards, {reports.Count(report => report.Actions.Count > 0)} repaired, {reports.Sum(report => report.Kept)} clips kept, {lost} lost.");
        return lost == 0 && reports.All(report => report.Faults.Count == 0) ? 0 : 1;
    }

    private static Argument<string> Folder() => new("SHARDS") { Description = "Folder of shards." };

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}
