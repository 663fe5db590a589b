using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Forward;

/// <summary>
/// Inference of ViT-S/16 at 224 pixels, float32: EchoApex against <see cref="PlainVisionTransformer"/>, alternated in one
/// run, beside the machine's matrix-multiply peak; peak memory of a process at batch 8; memory over many passes.
/// Prints Markdown.
/// </summary>
internal static class ForwardBenchmark
{
    private const int Dim = 384, Depth = 12, Heads = 6, Patch = 16, ImageSize = 224;

    public static int Run(string[] arguments)
    {
        var options = ForwardOptions.Parse(arguments);
        TorchRuntime.EnsureAvailable();
        if (options.Threads > 0)
        {
            set_num_threads(options.Threads);
        }

        using var noGrad = no_grad();
        if (options.Peak is not null)
        {
            ReportPeak(options.Peak);
            return 0;
        }

        if (options.Curve > 0)
        {
            ReportCurve(options.Curve);
            return 0;
        }

        Console.WriteLine($"## ViT-S/16 forward, {ImageSize} x {ImageSize}, float32, no gradient");
        Console.WriteLine();
        Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {get_num_threads()} threads, {options.Rounds} alternated rounds, medians");
        Console.WriteLine();
        CompareSpeed(options.Rounds);
        ReportMemory(options);
        return 0;
    }

    private static void CompareSpeed(int rounds)
    {
        using var ours = CreateOurs();
        using var plain = new PlainVisionTransformer(Dim, Depth, Heads, Patch, ImageSize);
        plain.eval();
        double peak = MatrixMultiplyPeak();
        Console.WriteLine($"Matrix-multiply peak (1024 x 1024 x 1024, best of 30): {peak:0} GFLOP/s");
        Console.WriteLine();
        Console.WriteLine("| batch | EchoApex ms | plain TorchSharp ms | EchoApex / plain | images/s | share of peak |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (int batch in new[] { 1, 8 })
        {
            using var images = randn(batch, 3, ImageSize, ImageSize);
            var (first, second) = Alternate(rounds, () => ours.Extract(images).Dispose(), () => plain.forward(images).Dispose());
            double share = Flops() * batch / (first / 1000) / 1e9 / peak;
            Console.WriteLine($"| {batch} | {first:0.0} | {second:0.0} | {first / second:0.000} | {batch * 1000 / first:0.0} | {share:P0} |");
        }

        Console.WriteLine();
    }

    // Each number comes from a process of its own: what one network left behind must not count for the other.
    private static void ReportMemory(ForwardOptions options)
    {
        string threads = options.Threads.ToString(CultureInfo.InvariantCulture);
        Console.WriteLine("| process that infers at batch 8 | peak resident MiB |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| EchoApex | {ChildProcess.Run("forward", "--peak", "echoapex", "--threads", threads).Trim()} |");
        Console.WriteLine($"| plain TorchSharp | {ChildProcess.Run("forward", "--peak", "plain", "--threads", threads).Trim()} |");
        Console.WriteLine();
        if (options.Passes > 0)
        {
            Console.Write(ChildProcess.Run("forward", "--curve", options.Passes.ToString(CultureInfo.InvariantCulture), "--threads", threads));
        }
    }

    private static void ReportCurve(int passes)
    {
        Console.WriteLine("| forward passes of EchoApex at batch 1 | resident MiB |");
        Console.WriteLine("|---|---|");
        using var ours = CreateOurs();
        using var images = randn(1, 3, ImageSize, ImageSize);
        int step = Math.Max(passes / 10, 1);
        for (int pass = 1; pass <= passes; pass++)
        {
            ours.Extract(images).Dispose();
            if (pass == 1 || pass % step == 0)
            {
                Console.WriteLine($"| {pass} | {Mebibytes(process => process.WorkingSet64):0.0} |");
            }
        }
    }

    private static void ReportPeak(string network)
    {
        using var images = randn(8, 3, ImageSize, ImageSize);
        using var ours = network == "echoapex" ? CreateOurs() : null;
        using var plain = network == "plain" ? new PlainVisionTransformer(Dim, Depth, Heads, Patch, ImageSize) : null;
        for (int i = 0; i < 5; i++)
        {
            ours?.Extract(images).Dispose();
            plain?.forward(images).Dispose();
        }

        Console.WriteLine($"{Mebibytes(process => process.PeakWorkingSet64):0}");
    }

    private static IBackbone CreateOurs()
    {
        var backbone = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch16", ImageSize), new RandomStream(1));
        backbone.Module.eval();
        return backbone;
    }

    // The order within a round changes from round to round, so that neither always runs on the other's warm caches.
    private static (double First, double Second) Alternate(int rounds, Action first, Action second)
    {
        first();
        second();
        var firstTimes = new double[rounds];
        var secondTimes = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            if (i % 2 == 0)
            {
                firstTimes[i] = Milliseconds(first);
                secondTimes[i] = Milliseconds(second);
            }
            else
            {
                secondTimes[i] = Milliseconds(second);
                firstTimes[i] = Milliseconds(first);
            }
        }

        return (Median(firstTimes), Median(secondTimes));
    }

    private static double MatrixMultiplyPeak()
    {
        const int Size = 1024;
        using var a = randn(Size, Size);
        using var b = randn(Size, Size);
        double best = Enumerable.Range(0, 30).Min(_ => Milliseconds(() => EchoApex.Core.Layers.Linear.Apply(a, b, null).Dispose()));
        return 2.0 * Size * Size * Size / (best / 1000) / 1e9;
    }

    // Floating-point operations of one image: projections, attention, patch embedding.
    private static double Flops()
    {
        double patches = Math.Pow(ImageSize / Patch, 2);
        double tokens = patches + 1;
        double block = (tokens * 12 * Dim * Dim) + (2 * tokens * tokens * Dim);
        return 2 * ((Depth * block) + (patches * 3 * Patch * Patch * Dim));
    }

    private static double Mebibytes(Func<Process, long> bytes)
    {
        using var process = Process.GetCurrentProcess();
        return bytes(process) / 1048576.0;
    }

    private static double Milliseconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return values.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
