using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Benchmarks.Training;

/// <summary>
/// One DINOv2 step of ViT-S/14 at batch 4 (2 crops of 224, 8 of 98, 8,192 prototypes), optimizer and teacher update
/// included, in float32 and bfloat16, with and without stochastic depth: seconds and processor seconds a step, and the
/// share of the matrix peak measured in the same run. Then what is outside libtorch's kernels. Prints Markdown.
/// </summary>
internal static class StepBenchmark
{
    private const int Batch = 4;

    public static int Run(string[] arguments)
    {
        int steps = arguments.Length == 0 ? 5 : int.Parse(arguments[0], CultureInfo.InvariantCulture);
        TorchRuntime.EnsureAvailable();
        NativeAllocator.KeepFreedMemory();
        Print("## DINOv2 step, ViT-S/14, batch 4, 2 x 224 + 8 x 98, 8,192 prototypes");
        Print("");
        Print($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {get_num_threads()} threads; the least of {steps} steps after 2 of warm-up");
        Print("");
        Print("| precision | stochastic depth | seconds a step | processor seconds a step | GFLOP a step | matrix peak, GFLOP a processor second | share of peak | peak resident MiB |");
        Print("|---|---|---|---|---|---|---|---|");
        foreach (var precision in new[] { Precision.Fp32, Precision.Bf16 })
        {
            double peak = MatrixPeak.Measure(precision);
            foreach (double rate in new[] { 0, 0.3 })
            {
                var options = Options(rate, precision);
                var (wall, processor) = Measure(options, 224, 98, steps);
                double work = StepWork.Of(options, Batch) / 1e9;
                Print($"| {(precision == Precision.Fp32 ? "fp32" : "bf16")} | {rate} | {wall:0.00} | {processor:0.00} | {work:0} | {peak:0} | {100 * work / processor / peak:0} % | {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} |");
            }
        }

        Overhead(steps);
        OptimizerBenchmark.Run(Options(0, Precision.Fp32));
        return 0;
    }

    // The same sequence of operators on next to no numbers: what remains is dispatch, marshalling and managed code.
    private static void Overhead(int steps)
    {
        var options = PretrainingPresets.Load(
            "vits14-dinov2",
            ["backbone.architecture=vit_custom", "backbone.patch_size=14", "backbone.embed_dim=12", "backbone.depth=12", "backbone.heads=6", "backbone.image_size=28", "backbone.drop_path_rate=0",
             "augmentation.global.size=28", "augmentation.local.size=14", "head.prototypes=16", "head.hidden_dim=16", "head.bottleneck_dim=8", "ibot.masks.minimum_block=1", $"optimization.batch_size={Batch}"]);
        var (wall, processor) = Measure(options, 28, 14, Math.Max(20, steps));
        Print("");
        Print($"The same step with a network of width 12 on crops of 28 and 14 pixels, so next to nothing but calls: {1000 * wall:0.0} ms, {1000 * processor:0.0} processor ms.");
    }

    private static PretrainingOptions Options(double dropPath, Precision precision) => PretrainingPresets.Load(
        "vits14-dinov2",
        [string.Create(CultureInfo.InvariantCulture, $"backbone.drop_path_rate={dropPath}"), "head.prototypes=8192", $"optimization.batch_size={Batch}", $"precision={(precision == Precision.Fp32 ? "fp32" : "bf16")}"]);

    private static (double Wall, double Processor) Measure(PretrainingOptions options, int globalSize, int localSize, int steps)
    {
        using var trainer = new Dinov2Trainer(options, new PretrainingSchedules(options, 1000));
        using var globals = randn(2 * Batch, 3, globalSize, globalSize);
        using var locals = randn(8 * Batch, 3, localSize, localSize);
        (double wall, double processor) = (double.MaxValue, double.MaxValue);
        for (int step = 0; step < steps + 2; step++)
        {
            double before = ProcessorClock.Seconds;
            var clock = Stopwatch.StartNew();
            trainer.Step(step, globals, locals, diagnostics: false);
            if (step >= 2)
            {
                wall = Math.Min(wall, clock.Elapsed.TotalSeconds);
                processor = Math.Min(processor, ProcessorClock.Seconds - before);
            }
        }

        return (wall, processor);
    }

    internal static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    internal static void Print(string text) => Console.WriteLine(text);
}
