// Shape legend: R = rows, B = images, C = channels, h, w = rows and columns of a map.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Layers;

/// <summary>Batch normalisation of one process, and of two that share a batch.</summary>
public sealed class BatchNormTests
{
    private static readonly long[][] Shapes = [[12, 5], [6, 5, 3, 2]];

    [TestCaseSource(nameof(Shapes))]
    public void Forward_TwoProcesses_EqualOneWithTheWholeBatch(long[] shape)
    {
        using var scope = NewDisposeScope();
        var input = Values(shape, 1).Times(3).Plus(10);
        var gradient = Values(shape, 2);
        using var whole = Pass(input, gradient, null);

        // Shares of different size, as a last batch may have.
        long first = shape[0] / 3;
        var pieces = Together(
            sum => Pass(input.narrow(0, 0, first), gradient.narrow(0, 0, first), sum),
            sum => Pass(input.narrow(0, first, shape[0] - first), gradient.narrow(0, first, shape[0] - first), sum));

        AssertClose(cat([pieces[0].Output, pieces[1].Output], 0), whole.Output, "output");
        AssertClose(cat([pieces[0].Input, pieces[1].Input], 0), whole.Input, "gradient of the input");
        AssertClose(pieces[0].Weight + pieces[1].Weight, whole.Weight, "gradient of the weight");
        AssertClose(pieces[0].Bias + pieces[1].Bias, whole.Bias, "gradient of the bias");
        foreach (var piece in pieces)
        {
            AssertClose(piece.Mean, whole.Mean, "running mean");
            AssertClose(piece.Variance, whole.Variance, "running variance");
        }

        pieces[0].Dispose();
        pieces[1].Dispose();
    }

    [Test]
    [NoTensorLeaks]
    public void Forward_Evaluating_UsesRunningStatisticsAndReducesNothing()
    {
        using var scope = NewDisposeScope();
        using var norm = new BatchNorm(4) { SumOverProcesses = _ => throw new InvalidOperationException("no reduction in evaluation mode") };
        norm.eval();
        var input = Values([3, 4], 1);

        using var output = norm.forward(input);

        AssertClose(output, input.DividedBy(Math.Sqrt(1 + 1e-5)), "output");
    }

    private static Result Pass(Tensor input, Tensor gradient, Action<Tensor>? sum)
    {
        using var scope = NewDisposeScope();
        using var norm = new BatchNorm(input.shape[1]) { SumOverProcesses = sum };
        using (no_grad())
        {
            norm.get_parameter("weight")!.copy_(Values([input.shape[1]], 3));
            norm.get_parameter("bias")!.copy_(Values([input.shape[1]], 4));
        }

        var leaf = input.detach().clone();
        leaf.requires_grad = true;
        var output = norm.forward(leaf);
        output.backward([gradient]);
        return new Result(
            output.detach().clone().DetachFromDisposeScope(),
            leaf.grad!.clone().DetachFromDisposeScope(),
            norm.get_parameter("weight")!.grad!.clone().DetachFromDisposeScope(),
            norm.get_parameter("bias")!.grad!.clone().DetachFromDisposeScope(),
            norm.get_buffer("running_mean")!.clone().DetachFromDisposeScope(),
            norm.get_buffer("running_var")!.clone().DetachFromDisposeScope());
    }

    // Two threads stand for two processes; their sums meet at a barrier.
    private static Result[] Together(params Func<Action<Tensor>, Result>[] processes)
    {
        using var barrier = new Barrier(processes.Length);
        double[][] parts = new double[processes.Length][];
        var results = new Result[processes.Length];
        var threads = processes.Select((process, rank) => new Thread(() => results[rank] = process(values =>
        {
            parts[rank] = [.. values.data<double>()];
            barrier.SignalAndWait();
            double[] sums = [.. Enumerable.Range(0, parts[0].Length).Select(i => parts.Sum(part => part[i]))];
            barrier.SignalAndWait();
            using var total = tensor(sums);
            values.copy_(total);
        }))).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        return results;
    }

    private static Tensor Values(long[] shape, ulong seed)
    {
        var random = new RandomStream(seed);
        return tensor(Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)random.NextNormal()).ToArray()).view(shape);
    }

    private static void AssertClose(Tensor actual, Tensor expected, string what)
    {
        using var scope = NewDisposeScope();
        Assert.That((actual - expected).abs().max().ReadDouble(), Is.LessThan(5e-6 * Math.Max(1, expected.abs().max().ReadDouble())), what);
    }

    private sealed record Result(Tensor Output, Tensor Input, Tensor Weight, Tensor Bias, Tensor Mean, Tensor Variance) : IDisposable
    {
        public void Dispose()
        {
            foreach (var value in new[] { Output, Input, Weight, Bias, Mean, Variance })
            {
                value.Dispose();
            }
        }
    }
}
