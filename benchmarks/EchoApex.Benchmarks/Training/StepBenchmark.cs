using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Training;

/// <summary>
/// One DINOv2 step of ViT-S/14 at batch 4 (2 crops of 224, 8 of 98, 8,192 prototypes), optimizer and teacher update
/// included, float32, with and without stochastic depth: seconds and processor seconds a step. Prints Markdown.
/// </summary>
internal static class StepBenchmark
{
    private const int Batch = 4;

    public static int Run(string[] arguments)
    {
        int steps = arguments.Length == 0 ? 6 : int.Parse(arguments[0], CultureInfo.InvariantCulture);
        TorchRuntime.EnsureAvailable();
        NativeAllocator.KeepFreedMemory();
        Console.WriteLine("## DINOv2 step, ViT-S/14, batch 4, 2 x 224 + 8 x 98, 8,192 prototypes, float32");
        Console.WriteLine();
        Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {get_num_threads()} threads, medians of {steps} steps after 2 of warm-up");
        Console.WriteLine();
        Console.WriteLine("| stochastic depth | seconds a step | processor seconds a step | peak resident MiB |");
        Console.WriteLine("|---|---|---|---|");
        foreach (double rate in new[] { 0, 0.3 })
        {
            Measure(rate, steps);
        }

        return 0;
    }

    private static void Measure(double dropPath, int steps)
    {
        var options = PretrainingPresets.Load(
            "vits14-dinov2",
            [string.Create(CultureInfo.InvariantCulture, $"backbone.drop_path_rate={dropPath}"), "head.prototypes=8192", $"optimization.batch_size={Batch}"]);
        using var trainer = new Dinov2Trainer(options, new PretrainingSchedules(options, 1000));
        using var globals = randn(2 * Batch, 3, 224, 224);
        using var locals = randn(8 * Batch, 3, 98, 98);
        var wall = new List<double>();
        var processor = new List<double>();
        using var process = Process.GetCurrentProcess();
        for (int step = 0; step < steps + 2; step++)
        {
            process.Refresh();
            var before = process.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            trainer.Step(step, globals, locals, diagnostics: false);
            double seconds = clock.Elapsed.TotalSeconds;
            process.Refresh();
            if (step >= 2)
            {
                wall.Add(seconds);
                processor.Add((process.TotalProcessorTime - before).TotalSeconds);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {dropPath} | {Median(wall):0.00} | {Median(processor):0.00} | {process.PeakWorkingSet64 >> 20} |"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
