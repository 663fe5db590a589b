using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Cli.Commands;

/// <summary><c>mpirun -np N echoapex collectives</c>: do the processes find each other, compute rightly together, and how fast.</summary>
internal static class CollectivesCommand
{
    private static readonly long[] Sizes = [1 << 10, 1 << 16, 1 << 20, 22_050_000];

    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Check values only; measure nothing." };
        var engine = new Option<CollectiveEngine>("--engine") { Description = "What carries the calls: auto, mpi or nccl." };
        var device = new Option<DeviceKind>("--device") { Description = "Where tensors live: auto, cpu or cuda." };
        var command = new Command("collectives", "Check and measure the exchange between the processes that mpirun or srun started: mpirun -np 4 echoapex collectives.") { quick, engine, device };
        command.SetAction(parsed =>
        {
            var options = new RunOptions { Engine = parsed.GetValue(engine), Device = parsed.GetValue(device), CollectiveTimeoutSeconds = 60 };
            return DistributedRun.Start(options, group =>
            {
                Check(group);
                if (!parsed.GetValue(quick))
                {
                    Measure(group);
                }

                return 0;
            });
        });
        return command;
    }

    private static void Check(ProcessGroup group)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var processes = group.Collective;
        int world = processes.WorldSize;
        var values = full([100_003], processes.Rank + 1.0, float32, group.Device);
        processes.AllReduce(values, ReduceOperation.Sum);
        Require(values, world * (world + 1) / 2.0, "all-reduce");
        processes.BeginAllReduce(values, ReduceOperation.Maximum).Wait();
        Require(values, world * (world + 1) / 2.0, "all-reduce in the background");
        values.fill_(processes.Rank);
        processes.Broadcast(values, world - 1);
        Require(values, world - 1, "broadcast");
        var gathered = zeros([world], float32, group.Device);
        processes.AllGather(full([1], processes.Rank, float32, group.Device), gathered);
        Require(gathered - arange(world, float32, group.Device), 0, "all-gather");
        processes.Barrier();

        string machine = $"process {processes.Rank}: {Environment.MachineName}, {group.Device}, {group.FairThreads} threads";
        var machines = group.Gather(machine);
        if (processes.Rank == 0)
        {
            Console.WriteLine($"{world} processes ({group.Launch.Launcher}), {processes.Description}: values are right");
            foreach (string line in machines)
            {
                Console.WriteLine("  " + line);
            }
        }
    }

    private static void Measure(ProcessGroup group)
    {
        var culture = CultureInfo.InvariantCulture;
        if (group.Collective.Rank == 0)
        {
            Console.WriteLine("all-reduce of float32, best of 10:");
        }

        foreach (long count in Sizes)
        {
            using var values = ones([count], float32, group.Device);
            double best = double.MaxValue;
            for (int i = 0; i < 11; i++)
            {
                group.Collective.Barrier();
                var clock = Stopwatch.StartNew();
                group.Collective.AllReduce(values, ReduceOperation.Average);
                group.Collective.Barrier();
                best = i == 0 ? best : Math.Min(best, clock.Elapsed.TotalSeconds);
            }

            if (group.Collective.Rank == 0)
            {
                Console.WriteLine(string.Create(culture, $"  {count * 4 / 1024.0,10:0.#} KiB  {best * 1000,9:0.000} ms  {count * 4 / best / 1e9,7:0.00} GB/s"));
            }
        }
    }

    private static void Require(Tensor values, double expected, string call)
    {
        using var wrong = values.sub(full([1], expected, values.dtype, values.device)).abs().max();
        if (wrong.cpu().to(float64).ReadDouble() != 0)
        {
            throw new CollectiveException($"{call} gives wrong values. Do not train with this library: install another MPI or NCCL build, then run 'echoapex collectives' again.");
        }
    }
}
