using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.Optimization;
using EchoApex.Training.Tests.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>What goes when, and that everything goes once.</summary>
[NoTensorLeaks]
public sealed class GradientReducerTests
{
    private static readonly PretrainingOptions Wide = TinyRun.Options with
    {
        Backbone = TinyRun.Options.Backbone with { EmbedDim = 128, Depth = 3, DropPathRate = 0 },
        Head = TinyRun.Options.Head with { BatchNorm = false },
    };

    [TestCase(1)]
    [TestCase(2)]
    public void Step_TransformerBlocks_AreSentFromTheLastToTheFirstWhileTheBackwardPassRuns(int accumulation)
    {
        var options = Wide with { Optimization = Wide.Optimization with { AccumulationSteps = accumulation } };
        var processes = new Recording();
        using var trainer = new DinoTrainer(options, new PretrainingSchedules(options, 8), processes);
        using var globals = rand([8, 3, 16, 16]);
        using var locals = rand([8, 3, 8, 8]);

        trainer.Step(0, globals, locals, diagnostics: false);

        // Each block's weights in one piece; the small rest of all at the end.
        var weights = trainer.Groups.First(group => group.Slices.Any(slice => slice.Name.Contains(".blocks.0.attn.qkv.weight", StringComparison.Ordinal)));
        long[] starts = [.. Enumerable.Range(0, 3).Select(block => weights.Slices.Where(slice => slice.Name.Contains($".blocks.{block}.", StringComparison.Ordinal)).Min(slice => slice.Offset))];
        var early = processes.Begun.Take(3).ToArray();
        Assert.That(early.Select(part => part.Offset), Is.EqualTo(starts.Reverse()));
        Assert.That(early.Select(part => part.BackwardRunning), Has.All.True, "sent before the backward pass has ended");
        Assert.That(processes.Begun.Skip(3).Select(part => part.BackwardRunning), Has.All.False);
        Assert.That(early.Select(part => part.Length), Has.All.GreaterThan(100_000));
    }

    [Test]
    public void Step_AllGradients_AreSentExactlyOnce()
    {
        var processes = new Recording();
        using var trainer = new DinoTrainer(Wide, new PretrainingSchedules(Wide, 8), processes);
        using var globals = rand([8, 3, 16, 16]);
        using var locals = rand([8, 3, 8, 8]);
        for (int step = 0; step < 2; step++)
        {
            processes.Begun.Clear();
            trainer.Step(step, globals, locals, diagnostics: false);
            foreach (var group in trainer.Groups)
            {
                int[] times = new int[group.Gradients.numel()];
                foreach (var part in processes.Begun.Where(part => part.Buffer == TensorMemory.AddressOf(group.Gradients)))
                {
                    foreach (ref int count in times.AsSpan((int)part.Offset, (int)part.Length))
                    {
                        count++;
                    }
                }

                foreach (var slice in group.Slices)
                {
                    Assert.That(times.AsSpan((int)slice.Offset, (int)slice.Length).ToArray(), Has.All.EqualTo(1), $"{slice.Name}, step {step}");
                }
            }
        }
    }

    // Two processes of which the other holds the same values, so that sums are twice as large: only the calls matter.
    private sealed class Recording : ICollective
    {
        private readonly AbsentProcesses _absent = new(0, 2);

        public List<(nint Buffer, long Offset, long Length, bool BackwardRunning)> Begun { get; } = [];

        public int Rank => 0;

        public int WorldSize => 2;

        public string Description => "recording";

        public long Calls => 0;

        public void AllReduce(Tensor tensor, ReduceOperation operation) => _absent.AllReduce(tensor, operation);

        public IPendingReduction BeginAllReduce(Tensor tensor, ReduceOperation operation)
        {
            nint start = StorageOf(tensor);
            bool running = new System.Diagnostics.StackTrace().GetFrames().Any(frame => frame.GetMethod()?.DeclaringType?.Name == "BackwardBoundary");
            Begun.Add((start, (TensorMemory.AddressOf(tensor) - start) / sizeof(float), tensor.numel(), running));
            return _absent.BeginAllReduce(tensor, operation);
        }

        public void Broadcast(Tensor tensor, int root = 0) => _absent.Broadcast(tensor, root);

        public void AllGather(Tensor input, Tensor output) => _absent.AllGather(input, output);

        public void Barrier()
        {
        }

        public void Abort(int exitCode)
        {
        }

        public void Dispose() => _absent.Dispose();

        private static nint StorageOf(Tensor tensor) => TensorMemory.AddressOf(tensor) - (nint)(tensor.storage_offset() * sizeof(float));
    }
}
