using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Distributed;
using EchoApex.Training.Distributed.Mpi;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Training;

/// <summary>
/// What several processes cost: a DINOv2 step of ViT-S/14 with the gradients reduced, beside the same step of one process
/// with its share of the batch while the others sleep; then the all-reduce of 22 million floats beside MPI's own single
/// call. Both sides alternate in one run. <c>mpirun --bind-to none -np 2 ... exchange [ROUNDS] [SAMPLES A PROCESS]</c>.
/// </summary>
internal static class ExchangeBenchmark
{
    private const int Floats = 22_050_000;
    private const int Steps = 2;

    public static int Run(string[] arguments)
    {
        int rounds = arguments.Length < 1 ? 4 : int.Parse(arguments[0], CultureInfo.InvariantCulture);
        int share = arguments.Length < 2 ? 2 : int.Parse(arguments[1], CultureInfo.InvariantCulture);
        TorchRuntime.EnsureAvailable();
        NativeAllocator.KeepFreedMemory();
        using var group = ProcessGroup.Start(LaunchEnvironment.Read(), CollectiveEngine.Mpi, DeviceKind.Cpu, TimeSpan.FromMinutes(20));
        set_num_threads(group.FairThreads);
        bool first = group.Collective.Rank == 0;
        if (first)
        {
            StepBenchmark.Print($"## {group.Collective.WorldSize} processes, {group.Collective.Description}, {group.FairThreads} thread(s) each");
            StepBenchmark.Print("");
            StepBenchmark.Print($"DINOv2, ViT-S/14, 2 x 224 + 8 x 98, 8,192 prototypes, {share} samples a process; seconds a step, the least of {rounds} rounds of {Steps} steps, alternating");
            StepBenchmark.Print("");
        }

        CompareSteps(group, rounds, share, first);
        CompareReductions(group, rounds * 3, first);
        return 0;
    }

    private static void CompareSteps(ProcessGroup group, int rounds, int share, bool print)
    {
        double alone = double.MaxValue, together = double.MaxValue;
        var ratios = new List<double>();
        using var single = first(group) ? new Setup(share, 1, null) : null;
        using var joint = new Setup(share, group.Collective.WorldSize, group.Collective);
        for (int round = 0; round < rounds; round++)
        {
            double one = single?.Seconds(round) ?? 0;
            group.Collective.Barrier();
            double all = joint.Seconds(round);
            group.Collective.Barrier();
            (alone, together) = (Math.Min(alone, one), Math.Min(together, all));
            ratios.Add(all / one);
        }

        if (print)
        {
            ratios.Sort();
            StepBenchmark.Print("| one process, its share alone | all together | ratio of the least | median ratio of the rounds |");
            StepBenchmark.Print("|---|---|---|---|");
            StepBenchmark.Print($"| {alone:0.00} | {together:0.00} | {together / alone:0.000} | {ratios[ratios.Count / 2]:0.000} |");
            StepBenchmark.Print("");
        }

        static bool first(ProcessGroup group) => group.Collective.Rank == 0;
    }

    private static void CompareReductions(ProcessGroup group, int rounds, bool print)
    {
        using var values = ones([Floats], float32);
        var mpi = MpiLibrary.Load(group.Launch);
        nint plain = mpi.Duplicate(mpi.Abi.World);
        double ours = double.MaxValue, theirs = double.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            ours = Math.Min(ours, Seconds(group, () => group.Collective.AllReduce(values, ReduceOperation.Sum)));
            theirs = Math.Min(theirs, Seconds(group, () => PlainAllReduce(mpi, values, plain)));
            values.fill_(1);
        }

        mpi.Free(plain);
        if (print)
        {
            StepBenchmark.Print($"All-reduce of {Floats} floats (88 MB), the least of {rounds}, alternating: {1000 * ours:0.0} ms = {Floats * 4 / ours / 1e9:0.00} GB/s; one plain MPI_Allreduce {1000 * theirs:0.0} ms = {Floats * 4 / theirs / 1e9:0.00} GB/s; ratio {ours / theirs:0.00}.");
        }
    }

    private static unsafe void PlainAllReduce(MpiLibrary mpi, Tensor values, nint communicator)
    {
        fixed (byte* start = values.bytes)
        {
            mpi.AllReduce(start, Floats, mpi.Abi.Float, mpi.Abi.Sum, communicator);
        }
    }

    private static double Seconds(ProcessGroup group, Action action)
    {
        group.Collective.Barrier();
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    private sealed class Setup : IDisposable
    {
        private readonly Dinov2Trainer _trainer;
        private readonly Tensor _globals;
        private readonly Tensor _locals;

        public Setup(int share, int processes, ICollective? collective)
        {
            var options = PretrainingPresets.Load(
                "vits14-dinov2",
                ["backbone.drop_path_rate=0", "head.prototypes=8192", string.Create(CultureInfo.InvariantCulture, $"optimization.batch_size={share * processes}")]);
            _trainer = new Dinov2Trainer(options, new PretrainingSchedules(options, 1000), collective);
            _globals = randn(2 * share, 3, 224, 224);
            _locals = randn(8 * share, 3, 98, 98);
        }

        public double Seconds(int round)
        {
            var clock = new Stopwatch();
            for (int step = 0; step <= Steps; step++)
            {
                // The first of a round warms the caches.
                if (step == 1)
                {
                    clock.Start();
                }

                _trainer.Step((round * (Steps + 1)) + step, _globals, _locals, diagnostics: false);
            }

            return clock.Elapsed.TotalSeconds / Steps;
        }

        public void Dispose()
        {
            _trainer.Dispose();
            _globals.Dispose();
            _locals.Dispose();
        }
    }
}
