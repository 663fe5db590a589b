using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Loading;

/// <summary>Loading a ViT-B/14 model folder against reading its file into fresh memory, alternated in one run. Prints Markdown.</summary>
internal static class LoadBenchmark
{
    public static int Run(string[] arguments)
    {
        int rounds = arguments.Length == 0 ? 15 : int.Parse(arguments[0], CultureInfo.InvariantCulture);
        string folder = Path.Combine(Path.GetTempPath(), "echoapex-load-" + Guid.NewGuid().ToString("N"));
        try
        {
            using (var backbone = BackboneFactory.Create(BackboneArchitectures.Get("vit_base_patch14", 518), new RandomStream(1)))
            {
                ModelFolder.Save(folder, backbone, new Preprocessing { ImageSize = 518 }, new ModelInfo { Name = "benchmark" });
            }

            Measure(folder, rounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static void Measure(string folder, int rounds)
    {
        string file = Path.Combine(folder, ModelFolder.WeightsFile);
        var load = new List<double>();
        var read = new List<double>();
        for (int i = 0; i < rounds; i++)
        {
            read.Add(Milliseconds(() => GC.KeepAlive(File.ReadAllBytes(file))));
            load.Add(Milliseconds(() => ModelFolder.Load(folder).Dispose()));
        }

        Console.WriteLine($"## Loading a ViT-B/14 model folder, {new FileInfo(file).Length >> 20} MiB, file in the page cache");
        Console.WriteLine();
        Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {get_num_threads()} threads, {rounds} alternated rounds");
        Console.WriteLine();
        Console.WriteLine("| | median ms | minimum ms |");
        Console.WriteLine("|---|---|---|");
        Console.WriteLine(Row("read the file (File.ReadAllBytes)", Median(read), read.Min()));
        Console.WriteLine(Row("ModelFolder.Load", Median(load), load.Min()));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| ratio | {Median(load) / Median(read):0.00} | {load.Min() / read.Min():0.00} |"));
    }

    private static double Milliseconds(Action action)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Row(string name, double median, double minimum) =>
        string.Create(CultureInfo.InvariantCulture, $"| {name} | {median:0.0} | {minimum:0.0} |");
}
