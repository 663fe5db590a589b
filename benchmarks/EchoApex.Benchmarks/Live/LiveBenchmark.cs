using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Live;

/// <summary>
/// Live frames at 30 a second through untrained models of a size: <c>live [--arch vit_small_patch16] [--size 224] [--seconds 60] [--masks 0] [--precision fp32]</c>.
/// Prints sustained rate, latencies, dropped frames and resident memory at the start and in the end.
/// </summary>
internal static class LiveBenchmark
{
    private const double FrameMs = 1000.0 / 30;

    public static int Run(string[] arguments)
    {
        string Option(string name, string value) => Array.IndexOf(arguments, name) is >= 0 and var i && i + 1 < arguments.Length ? arguments[i + 1] : value;
        string architecture = Option("--arch", "vit_small_patch16");
        int size = int.Parse(Option("--size", "224"), CultureInfo.InvariantCulture);
        int masks = int.Parse(Option("--masks", "0"), CultureInfo.InvariantCulture);
        double seconds = double.Parse(Option("--seconds", "60"), CultureInfo.InvariantCulture);
        var precision = Enum.Parse<Precision>(Option("--precision", "fp32"), ignoreCase: true);
        string folder = Path.Combine(Path.GetTempPath(), $"echoapex-live-{Environment.ProcessId}");
        try
        {
            Write(folder, architecture, size, masks > 0);
            RunAsync(folder, size, masks, seconds, precision).GetAwaiter().GetResult();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(string folder, int size, int masks, double seconds, Precision precision)
    {
        var clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = Math.Max(224, size), Frames = 30, FramesPerSecond = 30, Views = [PhantomView.A4C] }, 1, 0).Clip;
        byte[][] frames = [.. Enumerable.Range(0, clip.FrameCount).Select(clip.ReadFrame)];
        using var predictor = EchoPredictor.Load(folder, inference: new InferenceOptions { Precision = precision });
        await using var live = predictor.OpenStream(new LiveStreamOptions { Height = clip.Height, Width = clip.Width, Spacing = clip.Spacing, MaskEvery = Math.Max(1, masks), Structure = masks > 0 ? "left_ventricle" : null });
        int fractions = 0;
        var reader = Task.Run(async () =>
        {
            double? last = null;
            await foreach (var result in live.ResultsAsync().ConfigureAwait(false))
            {
                fractions += result.EjectionFractionTimeMs is { } time && time != last ? 1 : 0;
                last = result.EjectionFractionTimeMs;
            }
        });
        var clock = Stopwatch.StartNew();
        long start = 0;
        for (int i = 0; clock.Elapsed.TotalSeconds < seconds; i++)
        {
            live.Push(frames[i % frames.Length], i * FrameMs);
            start = i == 300 || start == 0 ? Environment.WorkingSet : start;
            double wait = ((i + 1) * FrameMs) - clock.Elapsed.TotalMilliseconds;
            if (wait > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(wait)).ConfigureAwait(false);
            }
        }

        live.Complete();
        await reader.ConfigureAwait(false);
        var statistics = live.Statistics;
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{statistics.Received} frames in {seconds:0} s: {statistics.FramesPerSecond:0.0} judged a second, latency median {statistics.MedianLatencyMs:0} ms, 99 % {statistics.Latency99Ms:0} ms, {statistics.Dropped} dropped, {fractions} ejection fractions; {process.TotalProcessorTime.TotalSeconds:0} CPU seconds; resident {start >> 20} MB after 10 s, {Environment.WorkingSet >> 20} MB in the end"));
    }

    private static void Write(string folder, string architecture, int size, bool masks)
    {
        var preprocessing = new Preprocessing { ImageSize = size };
        var config = BackboneArchitectures.Get(architecture, size);
        string encoder = Path.Combine(folder, ".encoder");
        using (var backbone = BackboneFactory.Create(config, new RandomStream(1)))
        {
            ModelFolder.Save(encoder, backbone, preprocessing, new ModelInfo { Name = architecture });
        }

        foreach (string task in masks ? ["view", "ef", "segment"] : new[] { "view", "ef" })
        {
            using var model = ModelFolder.Load(encoder);
            string[] labels = task switch { "view" => [.. EchoViews.Codes], "segment" => ["left_ventricle"], _ => [] };
            var (head, options) = Head(task, model.Backbone, labels);
            using (head)
            {
                TaskModelFolder.Save(Path.Combine(folder, task), model.Backbone, model, null, head, new TaskModelInfo { Task = task, Name = task, Labels = labels, Options = options, Preprocessing = preprocessing, Encoder = new EncoderReference("", "") });
            }
        }
    }

    private static (nn.Module Head, System.Text.Json.JsonElement Options) Head(string task, IBackbone encoder, string[] labels)
    {
        switch (task)
        {
            case "view":
                var view = new ViewClassificationOptions();
                return (new ViewClassificationHead(encoder.FeatureDimension, labels.Length, view.MeanPatch, RandomStream.For(2, "view")), TaskModelFolder.WriteOptions(view));
            case "segment":
                var segment = new SegmentationTaskOptions();
                return (new SegmentationHead(segment.Head, encoder.FeatureDimension, labels, RandomStream.For(3, "segment")), TaskModelFolder.WriteOptions(segment));
            default:
                var fraction = new EjectionFractionOptions();
                return (new EjectionFractionHead(encoder.FeatureDimension, fraction.Head, RandomStream.For(4, "ef")), TaskModelFolder.WriteOptions(fraction));
        }
    }
}
