using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Segmentation;
using EchoApex.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

[NoTensorLeaks]
public sealed class SegmentationTaskTests : IDisposable
{
    private static readonly SegmentationTrainingOptions Options = new() { BootstrapDraws = 20, EvaluationFrames = 1 };
    private readonly TemporaryFolder _folder = new();
    private readonly AnnotatedClipSet _set;

    public SegmentationTaskTests()
    {
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 6, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 3 } });
        var all = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
        _set = all with { Clips = [.. all.Clips.Select((clip, i) => i < 4 ? clip : clip with { Split = DataSplit.Validation })] };
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Fill_SameStream_WritesTheSameSampleWithOneStructure()
    {
        using var encoder = Encoders.Transformer();
        using var task = Create(encoder);
        Assert.That(task.TrainingSamples, Has.Count.EqualTo(12));
        var a = (SegmentationBatch)task.CreateBatch(2);
        var b = (SegmentationBatch)task.CreateBatch(2);
        task.Fill(a, 1, 5, RandomStream.For(3, "sample"));
        task.Fill(b, 1, 5, RandomStream.For(3, "sample"));
        Assert.That(a.Images, Is.EqualTo(b.Images));
        Assert.That(a.Targets, Is.EqualTo(b.Targets));
        Assert.That((a.Seeds[1], a.Structures[1]), Is.EqualTo((b.Seeds[1], b.Structures[1])));
        Assert.That(a.Target(1).ToArray().Sum(value => value), Is.GreaterThanOrEqualTo(Options.MinimumPixels));
        Assert.That(a.Image(0).ToArray(), Is.All.Zero);
        task.Fill(b, 1, 5, RandomStream.For(4, "sample"));
        Assert.That(a.Images, Is.Not.EqualTo(b.Images));
    }

    [Test]
    public void Fill_ManyStreams_DrawsEveryStructureOfTheFrame()
    {
        using var encoder = Encoders.Transformer();
        using var task = Create(encoder);
        var batch = (SegmentationBatch)task.CreateBatch(1);
        var drawn = new HashSet<int>();
        int apical = task.TrainingSamples.Select((_, i) => i).First(i => _set.Clips[i / 3].View == "A4C");
        for (int i = 0; i < 60; i++)
        {
            task.Fill(batch, 0, apical, RandomStream.For(3, "sample", i));
            drawn.Add(batch.Structures[0]);
        }

        Assert.That(drawn, Has.Count.EqualTo(2));
    }

    [Test]
    public void Fill_NoStructureLargeEnough_NamesTheClip()
    {
        using var encoder = Encoders.Transformer();
        using var task = Create(encoder, Options with { MinimumPixels = 100_000 });
        var batch = task.CreateBatch(1);
        Assert.That(() => task.Fill(batch, 0, 0, new RandomStream(1)), Throws.TypeOf<DataException>().With.Message.Contains("left_ventricle"));
    }

    [Test]
    public void Loss_FewSteps_FallsAndIsTheSameAgain()
    {
        double[] first = Train(12);
        double[] again = Train(12);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(first[^3..].Average(), Is.LessThan(first[..3].Average()));
    }

    [Test]
    public void Loss_SharesAndRounds_HaveTheirEffect()
    {
        using var encoder = Encoders.Transformer();
        double Value(SegmentationTrainingOptions options)
        {
            using var task = Create(encoder, options);
            var batch = Filled(task);
            using var loss = task.Loss(encoder, batch);
            return loss.Total.ReadDouble();
        }

        double whole = Value(Options);
        Assert.That(Value(Options with { PointShare = 1, BoxShare = 0 }), Is.Not.EqualTo(whole));
        Assert.That(Value(Options with { PointShare = 0, BoxShare = 1 }), Is.Not.EqualTo(whole));
        Assert.That(Value(Options with { PointShare = 0, BoxShare = 1, BoxJitter = 0 }), Is.Not.EqualTo(Value(Options with { PointShare = 0, BoxShare = 1 })));
        Assert.That(Value(Options with { CorrectionRounds = 0 }), Is.Not.EqualTo(whole));
        Assert.That(Value(Options with { Augmentation = new FrameAugmentationOptions { RotationDegrees = 0 } }), Is.Not.EqualTo(whole));
    }

    [Test]
    public void Evaluate_Split_GivesFiguresOfEveryPromptWithIntervals()
    {
        using var encoder = Encoders.Transformer();
        using var task = Create(encoder);
        encoder.Module.train();
        var evaluation = task.Evaluate(encoder, DataSplit.Validation);
        Assert.That(encoder.Module.training, "the mode is as before");
        Assert.That(evaluation.Metrics.Take(4).Select(metric => metric.Name), Is.EqualTo(new[]
        {
            "dice_mean_box", "dice_mean_point", "dice_mean_point_2_corrections", "dice_mean_automatic",
        }));
        var dice = evaluation.Metric("dice_left_ventricle_box");
        Assert.That(dice.Value, Is.InRange(dice.Low, dice.High));
        Assert.That(dice.Cases, Is.EqualTo(2));
        Assert.That(evaluation.Cases, Has.Count.EqualTo(4 * evaluation.Cases.Count(row => row[4] == "box")));
        Assert.That(evaluation.Metric("empty_masks_box").Cases, Is.EqualTo(evaluation.Cases.Count / 4));
        Assert.That(evaluation.Charts.Keys, Is.EquivalentTo(new[] { "masks_box", "masks_point", "masks_point_2_corrections", "masks_automatic" }));
        var picture = evaluation.Charts["masks_box"].Render(640, 400);
        Assert.That((picture.Width, picture.Height), Is.EqualTo((640, 400)));
    }

    [Test]
    public void Evaluate_MoreFramesWithoutClassTokens_HasMoreCasesOfFewerKinds()
    {
        using var encoder = Encoders.Transformer();
        using var one = Create(encoder);
        using var all = Create(encoder, Options with { EvaluationFrames = 0 }, Encoders.Small with { ClassTokens = false });
        int few = one.Evaluate(encoder, DataSplit.Validation).Metric("dice_left_ventricle_box").Cases;
        var evaluation = all.Evaluate(encoder, DataSplit.Validation);
        Assert.That(evaluation.Metric("dice_left_ventricle_box").Cases, Is.EqualTo(3 * few));
        Assert.That(evaluation.Metrics.Any(metric => metric.Name.Contains("automatic", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public void Constructor_StructureThatTheSetDoesNotDraw_SaysWhichItDraws()
    {
        using var head = new SegmentationHead(Encoders.Small, 24, ["pericardium"], new RandomStream(1));
        Assert.That(
            () => new SegmentationTask(_set, new ClipPreparation(new Preprocessing { ImageSize = 32 }), head, Options),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("pericardium").And.Message.Contains("left_atrium"));
    }

    [Test]
    public void Constructor_SharesAboveOne_IsRefused()
    {
        using var encoder = Encoders.Transformer();
        Assert.That(() => Create(encoder, Options with { PointShare = 0.8, BoxShare = 0.8 }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("point_share"));
    }

    private SegmentationTask Create(IBackbone encoder, SegmentationTrainingOptions? options = null, SegmentationOptions? shape = null)
    {
        var head = Encoders.Head(encoder, shape);
        try
        {
            return new SegmentationTask(_set, new ClipPreparation(new Preprocessing { ImageSize = 32 }), head, options ?? Options);
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    private static ITaskBatch Filled(SegmentationTask task)
    {
        var batch = task.CreateBatch(4);
        for (int slot = 0; slot < batch.Size; slot++)
        {
            task.Fill(batch, slot, 3 * slot, RandomStream.For(3, "sample", slot));
        }

        return batch;
    }

    private double[] Train(int steps)
    {
        using var encoder = Encoders.Transformer();
        using var task = Create(encoder);
        task.Head.train();
        using var optimizer = optim.AdamW(task.Head.parameters(), 2e-3);
        var batch = Filled(task);
        double[] values = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            using var loss = task.Loss(encoder, batch);
            loss.Total.backward();
            optimizer.step();
            values[step] = loss.Total.ReadDouble();
        }

        return values;
    }
}
