using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Training.Presets;
using EchoApex.Training.SelfDistillation;
using OpenCvSharp;

namespace EchoApex.Benchmarks.Augmentation;

/// <summary>
/// Multi-crop (2 x 224 and 8 x 98) of a gray frame of 600 x 800 on one thread: images a second of processor time, the echo
/// recipe and the references' two. Prints Markdown. Arguments: images a measurement, measurements.
/// </summary>
internal static class CropsBenchmark
{
    private const int Height = 600, Width = 800, Frames = 8;

    public static int Run(string[] arguments)
    {
        int images = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 200;
        int measurements = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 5;
        Cv2.SetNumThreads(1);
        Console.WriteLine($"## Multi-crop, 2 x 224 + 8 x 98, from a gray frame of {Height} x {Width}, one thread");
        Console.WriteLine();
        Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {measurements} measurements of {images} images after one of warm-up");
        Console.WriteLine();
        Console.WriteLine("| recipe | images a processor second, median | best | processor ms an image, median | bytes allocated an image |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (name, options) in Recipes())
        {
            Measure(name, options, images, measurements);
        }

        return 0;
    }

    private static IEnumerable<(string Name, MultiCropOptions Options)> Recipes()
    {
        yield return ("echo (vits16-echo)", Preset("vits16-echo"));
        yield return ("DINO v1 (vits16-dino, flip 0.5)", Preset("vits16-dino") with { FlipProbability = 0.5 });
        yield return ("DINOv2 (vits14-dinov2, flip 0.5)", Preset("vits14-dinov2") with { FlipProbability = 0.5 });
    }

    private static MultiCropOptions Preset(string name)
    {
        var options = PretrainingPresets.Load(name, []).Augmentation;
        return options with { Local = options.Local with { Size = 98 } };
    }

    private static void Measure(string name, MultiCropOptions options, int images, int measurements)
    {
        var augmentation = new MultiCrop(options);
        var batch = new MultiCropBatch(options, 1);
        SectorImage[] frames = [.. Enumerable.Range(0, Frames).Select(i => Frame((ulong)i))];
        var times = new List<double>();
        long allocated = 0;
        using var process = Process.GetCurrentProcess();
        for (int measurement = -1; measurement < measurements; measurement++)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            process.Refresh();
            var before = process.TotalProcessorTime;
            for (int i = 0; i < images; i++)
            {
                var random = RandomStream.For(1, "augmentation", measurement, i);
                augmentation.WriteViews(frames[i % Frames], frames[(i + 1) % Frames], random, batch, 0);
            }

            process.Refresh();
            if (measurement >= 0)
            {
                times.Add((process.TotalProcessorTime - before).TotalMilliseconds / images);
                allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
            }
        }

        double median = times.Order().ElementAt(times.Count / 2);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {1000 / median:0} | {1000 / times.Min():0} | {median:0.00} | {allocated / ((long)images * measurements)} |"));
    }

    /// <summary>Grain in a fan that fills the frame; 0 outside.</summary>
    private static SectorImage Frame(ulong seed)
    {
        var random = RandomStream.For(seed, "frame");
        byte[] pixels = new byte[Height * Width];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                double across = x - ((Width - 1) / 2.0);
                bool inside = Math.Abs(across) <= (y + 8) * 0.7 && (across * across) + (y * y) < Height * Height;
                double value = 70 + (60 * Math.Sin(x * 0.03) * Math.Cos(y * 0.02)) + (80 * random.NextDouble());
                pixels[(y * Width) + x] = inside ? (byte)Math.Clamp(value, 1, 255) : (byte)0;
            }
        }

        return new SectorImage(pixels, Height, Width);
    }
}
