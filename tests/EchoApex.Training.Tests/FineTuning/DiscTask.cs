// Shape legend: B = samples, D = feature dimension.
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.FineTuning;

/// <summary>A task as small as one can be: is the disc in the upper or in the lower half.</summary>
internal sealed class DiscTask : ITrainableTask
{
    public const int Side = 32;
    private const int Samples = 24;
    private readonly FrameNormalizer _normalizer = new(new Preprocessing { ImageSize = Side });
    private readonly Linear _head;

    public DiscTask(int featureDimension, ulong seed = 0)
    {
        _head = new Linear(featureDimension, 2);
        _head.Initialize(RandomStream.For(seed, "head"));
    }

    public string Name => "disc";

    public nn.Module Head => _head;

    public IReadOnlyList<TaskSample> TrainingSamples { get; init; } = [.. Enumerable.Range(0, Samples).Select(i => new TaskSample($"p{i / 2}", i % 2))];

    /// <summary>Samples that cannot be read.</summary>
    public HashSet<int> Broken { get; init; } = [];

    /// <summary>What the loss is multiplied by.</summary>
    public double LossFactor { get; init; } = 1;

    /// <summary>Whether a term is added that is 0 with an infinite slope.</summary>
    public bool SteepLoss { get; init; }

    /// <summary>Called after each training loss.</summary>
    public Action? AfterLoss { get; set; }

    /// <summary>Stands in for the figures of the evaluations, in turn; the last one stays.</summary>
    public Queue<double> Selections { get; init; } = [];

    public ITaskBatch CreateBatch(int size) => new LabelledBatch(size);

    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        if (Broken.Contains(sample))
        {
            throw new DataException($"sample {sample}", "is broken.");
        }

        var labelled = (LabelledBatch)batch;
        labelled.Labels[slot] = sample % 2;
        Draw(labelled, slot, sample % 2, random);
    }

    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        using var scope = NewDisposeScope();
        var labelled = (LabelledBatch)batch;
        var loss = nn.functional.cross_entropy(Logits(encoder, labelled), tensor(labelled.Labels)).Times(LossFactor);
        loss = SteepLoss ? loss + _head.parameters().Select(parameter => parameter.sum()).Aggregate((a, b) => a + b).Times(0).sqrt() : loss;
        AfterLoss?.Invoke();
        return new TaskLoss(loss.MoveToOuterDisposeScope(), new Dictionary<string, Tensor> { ["entropy"] = loss.detach().MoveToOuterDisposeScope() });
    }

    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var batch = new LabelledBatch(Samples);
        for (int i = 0; i < Samples; i++)
        {
            batch.Labels[i] = i % 2;
            Draw(batch, i, i % 2, RandomStream.For(99, $"{split}", i));
        }

        double right = Logits(encoder, batch).argmax(1).eq(tensor(batch.Labels)).to(float64).mean().ReadDouble();
        double selection = Selections.Count switch
        {
            0 => right,
            1 => Selections.Peek(),
            _ => Selections.Dequeue(),
        };
        return new TaskEvaluation { Metrics = [new TaskMetric("accuracy", right, double.NaN, double.NaN, Samples)], Selection = selection, CaseColumns = [], Cases = [] };
    }

    public void Dispose() => _head.Dispose();

    private Tensor Logits(IBackbone encoder, LabelledBatch batch)
    {
        using var features = encoder.Extract(batch.ToImages(_normalizer));
        return _head.forward(features.Cls);
    }

    private static void Draw(LabelledBatch batch, int slot, int half, RandomStream random)
    {
        batch.Inside(slot).Fill(255);
        var pixels = batch.Pixels(slot);
        int x = 6 + random.NextInt32(Side - 12);
        int y = 6 + random.NextInt32(6) + (half * 14);
        for (int i = 0; i < pixels.Length; i++)
        {
            double distance = Math.Pow((i % Side) - x, 2) + Math.Pow((i / Side) - y, 2);
            pixels[i] = distance < 20 ? (byte)220 : (byte)(40 + random.NextInt32(20));
        }
    }

    private sealed class LabelledBatch(int size) : FrameBatch(size, DiscTask.Side)
    {
        public long[] Labels { get; } = new long[size];
    }
}
