using System.Formats.Tar;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images.GrayJpeg;
using EchoApex.Training.Presets;
using EchoApex.Training.SelfDistillation;
using OpenCvSharp;

namespace EchoApex.Benchmarks.Shards;

/// <summary>
/// What reading and decoding add to multi-crop (2 x 224 and 8 x 98, echo recipe), and how fast frames decode; one thread, seconds of
/// processor time, in turns. Arguments: images a burst, bursts, and optionally a folder of shards; by
/// default phantoms of 224 pixels are packed.
/// </summary>
internal static class ShardLoadBenchmark
{
    public static int Run(string[] arguments)
    {
        int images = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 10;
        int rounds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 200;
        Cv2.SetNumThreads(1);
        string? temporary = arguments.Length > 2 ? null : Path.Combine(Path.GetTempPath(), "echoapex-shards-" + Guid.NewGuid().ToString("N"));
        try
        {
            Measure(temporary is null ? arguments[2] : Pack(temporary), images, rounds);
        }
        finally
        {
            if (temporary is not null)
            {
                Directory.Delete(temporary, recursive: true);
            }
        }

        return 0;
    }

    private static string Pack(string folder)
    {
        PhantomSetWriter.Write(Path.Combine(folder, "set"), new PhantomSetOptions { Count = 24, Avi = false, Truth = false, Clip = new PhantomOptions { ImageSize = 320, Frames = 32, Difficulty = PhantomDifficulty.Hard } });
        ClipPacker.Run(Path.Combine(folder, "set"), Path.Combine(folder, "shards"), new PackOptions { MaximumSide = 224 });
        return Path.Combine(folder, "shards");
    }

    private static void Measure(string folder, int images, int rounds)
    {
        using var set = ShardSet.Open(folder);
        long bytes = set.Manifest.Shards.Sum(shard => shard.Bytes);
        Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, one thread, {rounds} bursts of {images} images in turns after three of warm-up");
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Set: {set.Count} clips, {set.Manifest.FrameCount} frames of up to {Enumerable.Range(0, set.Count).Max(i => set.SizeOf(i).Height)} x {Enumerable.Range(0, set.Count).Max(i => set.SizeOf(i).Width)}, {bytes / set.Manifest.FrameCount} bytes a frame in the archive"));
        Console.WriteLine();
        Console.WriteLine("| | images a processor second, median | fastest tenth | rate by that of the first row, medians | fastest tenths |");
        Console.WriteLine("|---|---|---|---|---|");
        Decoding(folder, set, images, rounds);
        Loading(folder, set, images, rounds);
    }

    // Short bursts in turns: on a busy machine a long measurement is interrupted many times, and its caches are somebody else's.
    private static void Alternate(int rounds, int images, params (string Name, Action<int> Burst)[] cases)
    {
        var seconds = cases.Select(_ => new List<double>()).ToArray();
        for (int round = -3; round < rounds; round++)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                var before = Environment.CpuUsage.TotalTime;
                cases[i].Burst(Math.Max(0, round));
                if (round >= 0)
                {
                    seconds[i].Add((Environment.CpuUsage.TotalTime - before).TotalSeconds / images);
                }
            }
        }

        for (int i = 0; i < cases.Length; i++)
        {
            double[] sorted = [.. seconds[i].Order()], first = [.. seconds[0].Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {cases[i].Name} | {1 / At(sorted, 0.5):0} | {1 / At(sorted, 0.1):0} | {At(first, 0.5) / At(sorted, 0.5):0.000} | {At(first, 0.1) / At(sorted, 0.1):0.000} |"));
        }
    }

    private static double At(double[] sorted, double share) => sorted[(int)(share * (sorted.Length - 1))];

    private static void Decoding(string folder, ShardSet set, int images, int rounds)
    {
        byte[][] stored = [.. Stored(folder).Take(500)];
        using var data = ShardDataset.Open([folder], SampleBalance.Frame);
        var worker = new LoaderWorker();
        var random = new RandomStream(1);
        byte[] pixels = new byte[set.Count == 0 ? 0 : Enumerable.Range(0, set.Count).Max(i => set.SizeOf(i).Height * set.SizeOf(i).Width)];
        Alternate(
            rounds,
            images,
            ("Cv2.ImDecode of a frame in memory", round =>
            {
                for (int i = 0; i < images; i++)
                {
                    using var picture = Cv2.ImDecode(stored[((round * images) + i) % stored.Length], ImreadModes.Grayscale);
                }
            }),
            ("our decoder of a frame in memory", round =>
            {
                for (int i = 0; i < images; i++)
                {
                    byte[] picture = stored[((round * images) + i) % stored.Length];
                    var (height, width) = JpegSize.TryRead(picture)!.Value;
                    GrayJpegDecoder.TryDecode(picture, height, width, pixels.AsSpan(0, height * width));
                }
            }),
            ("a frame from the shard: read, CRC, decode, mask read and decoded with it", round =>
            {
                for (int i = 0; i < images; i++)
                {
                    data.Read(((round * images) + i) % data.UnitCount, 0, random, wantsSecond: false, worker);
                }
            }),
            ("frames of a whole clip by one read, the mask once", round =>
            {
                for (int frames = 0, clip = round; frames < images; clip++)
                {
                    frames += set.ReadFrames(clip % set.Count, 0, Math.Min(images - frames, set.FrameCountOf(clip % set.Count))).FrameCount;
                }
            }));
    }

    private static void Loading(string folder, ShardSet set, int images, int rounds)
    {
        var preset = PretrainingPresets.Load("vits16-echo", []).Augmentation;
        var options = preset with { Local = preset.Local with { Size = 98 } };
        SectorFrames[] held = [.. Enumerable.Range(0, set.Count).Select(clip => set.ReadFrames(clip, 0, set.FrameCountOf(clip)))];
        using var data = ShardDataset.Open([folder]);
        foreach (bool two in new[] { false, true })
        {
            var crops = new MultiCrop(options with { TwoFrames = two });
            var batch = new MultiCropBatch(crops.Options, images);
            var worker = new LoaderWorker();
            Alternate(
                rounds,
                images,
                ($"multi-crop alone, {(two ? "two frames" : "one frame")}", round => Each(set.Count, images, round, (unit, random, slot) =>
                {
                    var frames = held[unit];
                    crops.WriteViews(frames[random.NextInt32(frames.FrameCount)], frames[random.NextInt32(frames.FrameCount)], random, batch, slot);
                })),
                ($"read + decode + multi-crop, {(two ? "two frames" : "one frame")}", round => Each(set.Count, images, round, (unit, random, slot) =>
                {
                    var pair = data.Read(unit, 0, random, two, worker);
                    crops.WriteViews(pair.First, pair.Second, random, batch, slot);
                })));
        }
    }

    private static void Each(int clips, int images, int round, Action<int, RandomStream, int> action)
    {
        var sampler = new EpochSampler(clips, 1, (long)round * images);
        for (int i = 0; i < images; i++)
        {
            var draw = sampler.Next();
            action((int)draw.Sample, RandomStream.For(1, "augmentation", draw.Epoch, draw.Index), i);
        }
    }

    private static IEnumerable<byte[]> Stored(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*.tar").Order(StringComparer.Ordinal))
        {
            using var reader = new TarReader(File.OpenRead(path));
            while (reader.GetNextEntry(copyData: true) is { } entry)
            {
                if (entry.Name.EndsWith(".jpg", StringComparison.Ordinal))
                {
                    using var content = new MemoryStream();
                    entry.DataStream!.CopyTo(content);
                    yield return content.ToArray();
                }
            }
        }
    }
}
