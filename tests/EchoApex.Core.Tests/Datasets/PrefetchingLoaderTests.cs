using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Datasets;

public sealed class PrefetchingLoaderTests
{
    [Test]
    public void Next_AnyNumberOfWorkers_GivesTheSameBatches()
    {
        var one = Run(workers: 1, ahead: 1, position: 0, batches: 12);
        Assert.That(Run(workers: 4, ahead: 3, position: 0, batches: 12), Is.EqualTo(one));
        Assert.That(one.SelectMany(b => b).Distinct().Count(), Is.EqualTo(48), "every draw has its own random numbers");
    }

    [Test]
    public void Next_FromAStoredPosition_GoesOnExactly()
    {
        var whole = Run(workers: 2, ahead: 2, position: 0, batches: 10);
        Assert.That(Run(workers: 3, ahead: 4, position: 4 * 6, batches: 4), Is.EqualTo(whole[6..]));
    }

    [TestCase(2)]
    [TestCase(4)]
    public void Next_SharesOfABatch_AreThoseOfTheWholeOne(int processes)
    {
        var whole = Run(workers: 2, ahead: 2, position: 8, batches: 10);
        int count = 4 / processes;
        for (int rank = 0; rank < processes; rank++)
        {
            int first = rank * count;
            using var loader = new PrefetchingLoader<double[]>(new EpochSampler(30, 7, 8), 4, () => new double[count], Fill, workers: 2, ahead: 2, (first, count));
            for (int batch = 0; batch < 10; batch++)
            {
                Assert.That(loader.Next(), Is.EqualTo(whole[batch][first..(first + count)]));
                Assert.That(loader.Position, Is.EqualTo(8 + (4 * (batch + 1))));
            }
        }
    }

    [Test]
    public void Position_WithBatchesAhead_CountsOnlyWhatWasHandedOut()
    {
        using var loader = Create(workers: 2, ahead: 5, position: 0);
        loader.Next();
        loader.Next();
        Assert.That(loader.Position, Is.EqualTo(8));
    }

    [Test]
    public void Next_FaultOfAWorker_ComesWithItsBatchInOrder()
    {
        using var loader = new PrefetchingLoader<double[]>(new EpochSampler(100, 1), 4, () => new double[4], (draw, batch, slot) =>
        {
            if (draw.Index == 9)
            {
                throw new DataException("clip", "is damaged.");
            }
        }, workers: 3, ahead: 4);
        loader.Next();
        loader.Next();
        Assert.That(() => loader.Next(), Throws.TypeOf<DataException>());
    }

    [Test]
    public void Next_Cancelled_LeavesTheBatchForLater()
    {
        using var gate = new ManualResetEventSlim();
        using var loader = new PrefetchingLoader<double[]>(new EpochSampler(100, 1), 1, () => new double[1], (draw, batch, slot) =>
        {
            gate.Wait();
            batch[slot] = draw.Index;
        }, workers: 1, ahead: 1);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(() => loader.Next(cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        gate.Set();
        Assert.That(loader.Next()[0], Is.EqualTo(0));
    }

    [Test]
    public void Return_Buffers_AreUsedAgain()
    {
        int created = 0;
        using var loader = new PrefetchingLoader<double[]>(new EpochSampler(100, 1), 4, () =>
        {
            created++;
            return new double[4];
        }, (_, _, _) => { }, workers: 2, ahead: 2);
        for (int i = 0; i < 20; i++)
        {
            loader.Return(loader.Next());
        }

        Assert.That(created, Is.LessThanOrEqualTo(4));
    }

    [TestCase(30, 2)]
    [TestCase(31, 3)]
    [TestCase(7, 4)]
    [TestCase(1000, 6)]
    public void Next_SharesOfSeveralProcesses_PartitionTheOrderOfOne(int samples, int worldSize)
    {
        // Batches of 12; half of the way with one process, the rest with several, over more than one pass.
        int batches = (2 * samples / 12) + 4, half = batches / 2;
        var one = new EpochSampler(samples, 3);
        var order = Enumerable.Range(0, batches * 12).Select(_ => one.Next()).ToArray();
        PrefetchingLoader<SampleDraw[]> Load(long position, int rank, int world) =>
            new(new EpochSampler(samples, 3, position), 12, () => new SampleDraw[12 / world], (draw, batch, slot) => batch[slot] = draw, workers: 2, ahead: 2, (rank * 12 / world, 12 / world));
        var drawn = new List<SampleDraw>();
        long position;
        using (var alone = Load(0, 0, 1))
        {
            for (int i = 0; i < half; i++)
            {
                drawn.AddRange(alone.Next());
            }

            position = alone.Position;
        }

        var ranks = Enumerable.Range(0, worldSize).Select(rank => Load(position, rank, worldSize)).ToArray();
        for (int i = half; i < batches; i++)
        {
            drawn.AddRange(ranks.SelectMany(rank => rank.Next()));
        }

        Assert.That(drawn, Is.EqualTo(order));
        Assert.That(ranks.Select(rank => rank.Position), Is.All.EqualTo(batches * 12L));
        foreach (var rank in ranks)
        {
            rank.Dispose();
        }
    }

    private static PrefetchingLoader<double[]> Create(int workers, int ahead, long position) =>
        new(new EpochSampler(30, 7, position), 4, () => new double[4], Fill, workers, ahead);

    private static void Fill(SampleDraw draw, double[] batch, int slot)
    {
        Thread.SpinWait((int)(draw.Sample % 5) * 2000);
        batch[slot] = RandomStream.For(7, "augmentation", draw.Epoch, draw.Index).NextDouble() + draw.Sample;
    }

    private static double[][] Run(int workers, int ahead, long position, int batches)
    {
        using var loader = Create(workers, ahead, position);
        var result = new double[batches][];
        for (int i = 0; i < batches; i++)
        {
            double[] batch = loader.Next();
            result[i] = [.. batch];
            loader.Return(batch);
        }

        return result;
    }
}
