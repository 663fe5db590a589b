using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>Every collective call with every type, on every process; a wrong value throws.</summary>
internal static class EngineScenario
{
    public static void Run(ICollective processes)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        int world = processes.WorldSize, rank = processes.Rank;
        Reductions(processes, world, rank);

        // Larger than a piece, and an odd number of elements.
        long count = (3L << 20) + 5;
        var large = full([count], rank + 1.0, float32);
        processes.AllReduce(large, ReduceOperation.Sum);
        Require(large.eq(full([count], world * (world + 1) / 2.0, float32)).all().item<bool>(), "large sum");

        // A view in the middle: its neighbours stay.
        var whole = full([30], rank, float32);
        processes.AllReduce(whole.narrow(0, 10, 10), ReduceOperation.Maximum);
        Require(whole.narrow(0, 10, 10).eq(full([10], world - 1, float32)).all().item<bool>(), "view");
        Require(whole.narrow(0, 0, 10).eq(full([10], rank, float32)).all().item<bool>(), "before the view");
        Require(whole.narrow(0, 20, 10).eq(full([10], rank, float32)).all().item<bool>(), "behind the view");

        var pending = new List<(IPendingReduction Reduction, Tensor Values)>();
        for (int i = 0; i < 20; i++)
        {
            var values = full([1000 + i], rank + i, float32);
            pending.Add((processes.BeginAllReduce(values, ReduceOperation.Sum), values));

            // Meanwhile calls in the foreground.
            var other = full([3], i, float64);
            processes.AllReduce(other, ReduceOperation.Sum);
            Require(other[0].ReadDouble() == i * world, "foreground beside background");
        }

        for (int i = 0; i < pending.Count; i++)
        {
            pending[i].Reduction.Wait();
            Require(pending[i].Values[7].to(float64).ReadDouble() == (world * (world - 1) / 2.0) + (i * world), "background");
        }

        for (int root = 0; root < world; root++)
        {
            var sent = arange(5, int64).add(rank * 10);
            processes.Broadcast(sent, root);
            Require(sent[4].item<long>() == 4 + (root * 10), "broadcast");
        }

        var gathered = zeros([world, 3], float32);
        processes.AllGather(full([3], rank, float32), gathered);
        Require(gathered.eq(arange(world, float32).view(-1, 1)).all().item<bool>(), "gather");
        Require(RunAgreement.Gather(processes, new string('é', rank), CPU).Select(text => text.Length).SequenceEqual(Enumerable.Range(0, world)), "texts");
        GatheredFeatures(processes, world, rank);
        processes.Barrier();
        if (world > 1)
        {
            Refusals(processes);
        }

        Console.WriteLine($"{rank}/{world} {processes.Description}");
    }

    // Features far apart, unlike those of an untrained network, whose nearest neighbours are a matter of rounding.
    private static void GatheredFeatures(ICollective processes, int world, int rank)
    {
        using var gradients = enable_grad();
        var features = randn([3L * world, 8], generator: new Generator(5)).requires_grad_();
        var own = features.detach().narrow(0, 3L * rank, 3).clone().requires_grad_();
        var expected = KoLeoLoss.Compute(features);
        var loss = GatheredKoLeo.Compute(own, processes);
        expected.backward();
        loss.backward();
        Require(Math.Abs(loss.detach().ReadDouble() - expected.detach().ReadDouble()) < 1e-6, "KoLeo of all processes");
        Require(own.grad!.div(world).sub(features.grad!.narrow(0, 3L * rank, 3)).abs().max().ReadDouble() < 1e-6, "gradient of KoLeo of all processes");
    }

    private static void Reductions(ICollective processes, int world, int rank)
    {
        foreach (var type in new[] { float32, float64, bfloat16, int64 })
        {
            foreach (var (operation, expected) in new[]
            {
                (ReduceOperation.Sum, world * (world + 1) / 2.0), (ReduceOperation.Maximum, world), (ReduceOperation.Minimum, 1.0), (ReduceOperation.Average, (world + 1) / 2.0),
            })
            {
                if (type == int64 && operation == ReduceOperation.Average)
                {
                    continue;
                }

                using var values = full([2, 3], rank + 1, type);
                processes.AllReduce(values, operation);
                Require(values.to(float64).sub(full([1], expected, float64)).abs().max().ReadDouble() == 0, $"{operation} of {type}");
            }
        }
    }

    private static void Refusals(ICollective processes)
    {
        RequireThrows(() => processes.AllReduce(zeros([2], int32), ReduceOperation.Sum), "type");
        RequireThrows(() => processes.AllReduce(zeros([4, 4], float32).t(), ReduceOperation.Sum), "strides");
        RequireThrows(() => processes.AllGather(zeros([2], float32), zeros([1], float32)), "sizes");
        RequireThrows(() => processes.Broadcast(zeros([2], float32), processes.WorldSize), "root");
    }

    private static void RequireThrows(Action action, string what)
    {
        try
        {
            action();
        }
        catch (ArgumentException)
        {
            return;
        }

        throw new InvalidOperationException($"{what} was not refused");
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{what} is wrong");
        }
    }
}
