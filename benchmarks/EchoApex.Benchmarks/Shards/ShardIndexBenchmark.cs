using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;

namespace EchoApex.Benchmarks.Shards;

/// <summary>
/// Start-up, memory, resuming and the orders of ranks on an index of 20 million frames. Arguments: <c>make FOLDER</c> writes it;
/// <c>open FOLDER clip|patient|frame</c> measures, in a process of its own for each balance; <c>ranks FOLDER N</c> checks the partition.
/// </summary>
internal static class ShardIndexBenchmark
{
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["make", var folder]:
                var (clips, frames) = SyntheticShards.Write(folder);
                Console.WriteLine($"{clips} clips, {frames} frames");
                return 0;
            case ["open", var folder, var balance]:
                Open(folder, Enum.Parse<SampleBalance>(balance, ignoreCase: true));
                return 0;
            case ["ranks", var folder, var ranks]:
                return Partition(folder, int.Parse(ranks, CultureInfo.InvariantCulture));
            default:
                Console.Error.WriteLine("make FOLDER | open FOLDER BALANCE | ranks FOLDER N");
                return 1;
        }
    }

    private static void Open(string folder, SampleBalance balance)
    {
        using var process = Process.GetCurrentProcess();
        long before = Resident(process);
        long managedBefore = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        using var data = ShardDataset.Open([folder], balance, seed: 1);
        var openedProcessor = Environment.CpuUsage.TotalTime - processor;
        var opened = clock.Elapsed;
        process.Refresh();
        long peak = process.PeakWorkingSet64;

        // Anywhere in the second pass, in samplers that have never drawn: the first one pays for compilation, the second does not.
        var (first, name) = Resume(data, 3);
        var (second, _) = Resume(data, 7);
        long managed = GC.GetTotalMemory(forceFullCollection: true) - managedBefore;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {balance} | {data.UnitCount} | {openedProcessor.TotalSeconds:0.00} | {opened.TotalSeconds:0.00} | {managed / 1e6:0} | {(Resident(process) - before) / 1e6:0} | {peak / 1e6:0} | {first.TotalMilliseconds:0.00} | {second.TotalMilliseconds:0.00} |"));
        Console.Error.WriteLine($"{RuntimeInformation.FrameworkDescription}: the draw was {name}");
    }

    // Processor time from a position to the name of the clip that is shown there.
    private static (TimeSpan Processor, string Name) Resume(ShardDataset data, int part)
    {
        var before = Environment.CpuUsage.TotalTime;
        var draw = new EpochSampler(data.UnitCount, 1, data.UnitCount + (data.UnitCount / part)).Next();
        string name = data.NameOf(draw.Sample, draw.Epoch);
        return (Environment.CpuUsage.TotalTime - before, name);
    }

    // Every draw of one pass by N processes, each its part of every batch as the loader takes it: each sample once, in the order of one.
    private static int Partition(string folder, int worldSize)
    {
        const int Share = 64;
        using var data = ShardDataset.Open([folder], SampleBalance.Frame, seed: 1);
        long count = data.UnitCount;
        var seen = new System.Collections.BitArray(checked((int)count));
        var ranks = Enumerable.Range(0, worldSize).Select(_ => new EpochSampler(count, 1)).ToArray();
        var one = new EpochSampler(count, 1);
        var before = Environment.CpuUsage.TotalTime;
        for (long start = 0; start < count; start += Share * worldSize)
        {
            for (int rank = 0; rank < worldSize; rank++)
            {
                ranks[rank].Position = start + (rank * Share);
                for (int slot = 0; slot < Share && ranks[rank].Position < count; slot++)
                {
                    var draw = ranks[rank].Next();
                    if (draw != one.Next() || seen[(int)draw.Sample])
                    {
                        Console.WriteLine($"draw {one.Position - 1} differs or is repeated");
                        return 1;
                    }

                    seen[(int)draw.Sample] = true;
                }
            }
        }

        double seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{worldSize} processes: {one.Position} draws of {count}, each sample once, in the order of one process; {seconds / (2 * count) * 1e9:0} ns of processor time a draw"));
        return one.Position == count ? 0 : 1;
    }

    private static long Resident(Process process)
    {
        process.Refresh();
        return process.WorkingSet64;
    }
}
