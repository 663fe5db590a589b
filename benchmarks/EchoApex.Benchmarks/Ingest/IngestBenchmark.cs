using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Imaging.Sectors;
using EchoApex.Core.Sources;
using EchoApex.Testing.Scanner;
using OpenCvSharp;

namespace EchoApex.Benchmarks.Ingest;

/// <summary>
/// Where the time of ingest goes: scanners' screens in the encodings of real exports (of eight files four JPEG baseline, one RLE, one uncompressed,
/// two AVI), first part by part on one thread, then the whole on all. Arguments: screens (125 give a thousand clips), frames of a clip, and optionally
/// a folder for the set, which is kept and used again.
/// </summary>
internal static class IngestBenchmark
{
    private const int Timed = 64;

    public static int Run(string[] arguments)
    {
        int screens = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 125;
        int frames = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 24;
        string? temporary = arguments.Length > 2 ? null : Path.Combine(Path.GetTempPath(), "echoapex-ingest-" + Guid.NewGuid().ToString("N"));
        string folder = temporary ?? arguments[2];
        Cv2.SetNumThreads(1);
        try
        {
            if (!Directory.Exists(folder))
            {
                IngestSet.Write(folder, screens, frames);
            }

            string[] paths = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
            Console.WriteLine($"{paths.Length} clips of {frames} frames");
            Parts(paths);
            Whole(folder, frames);
        }
        finally
        {
            if (temporary is not null && Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }

        return 0;
    }

    // Twice: what is compiled the first time does not count.
    private static void Parts(string[] paths)
    {
        var options = new IngestOptions();

        // An odd step, so that all eight encodings come.
        int step = Math.Max(1, paths.Length / Timed) | 1;
        string[] some = [.. paths.Where((_, i) => i % step == 0)];
        Dictionary<string, TimeSpan> times = [];
        for (int pass = 0; pass < 2; pass++)
        {
            times = [];
            foreach (string path in some)
            {
                Time(path, options, times);
            }
        }

        double all = times.Values.Sum(time => time.TotalMilliseconds);
        Console.WriteLine();
        Console.WriteLine("| part | ms a clip | share |");
        Console.WriteLine("|---|---|---|");
        foreach (var (part, time) in times)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {part} | {time.TotalMilliseconds / some.Length:0.0} | {100 * time.TotalMilliseconds / all:0} % |"));
        }
    }

    private static void Time(string path, IngestOptions options, Dictionary<string, TimeSpan> times)
    {
        long last = Stopwatch.GetTimestamp();
        void Count(string part, TimeSpan without = default)
        {
            times[part] = times.GetValueOrDefault(part) + Stopwatch.GetElapsedTime(last) - without;
            last = Stopwatch.GetTimestamp();
        }

        var clip = ClipReader.Open(path);
        Count("opening");
        using var decoded = new DecodedFrames(clip, (long)options.WorkerMegabytes << 20, CancellationToken.None);
        Count("statistics of pixels, conversion to gray", decoded.DecodeTime);
        times["decoders"] = times.GetValueOrDefault("decoders") + decoded.DecodeTime;
        var analysis = SectorAnalyzer.Analyze(decoded.Statistics, clip.Regions);
        Count("sector analysis");
        if (analysis.Crop is { } crop)
        {
            var (cut, _, _) = SectorFrameCutter.Cut(decoded, clip, crop, options);
            Count("cutting, finding repetitions, shrinking");
            EncodedClip.Encode(new ShardClip { Key = "clip", Frames = cut }, options.Shards);
            Count("encoding");
        }
    }

    private static void Whole(string folder, int frames)
    {
        string target = folder.TrimEnd('/') + ".out";
        try
        {
            var report = Ingestion.Run([folder], target, new IngestOptions { DropDuplicates = false }, new Pseudonymizer(new byte[32]));
            Console.WriteLine();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Whole: {report.Elapsed.TotalSeconds:0.0} s, {report.ClipsPerSecond:0.0} clips/s, {report.ClipsPerSecond * frames:0} frames/s, {100 * report.Decoding:0} % of the workers' time in decoders; {report.Count(IngestDecision.Stored)} stored, {report.Count(IngestDecision.Quarantined)} quarantined, {report.Count(IngestDecision.Excluded)} left out, {report.Count(IngestDecision.Failed)} failed"));
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }
}
