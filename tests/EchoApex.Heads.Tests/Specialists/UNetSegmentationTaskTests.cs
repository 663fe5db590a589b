using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.Specialists;
using EchoApex.Heads.Tests.Segmentation;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Specialists;

[NoTensorLeaks]
public sealed class UNetSegmentationTaskTests : IDisposable
{
    private static readonly FrameAugmentationOptions Still = new() { RotationDegrees = 0, Scale = new(1, 1), Shift = 0, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };
    private static readonly UNetSegmentationOptions Options = new() { Network = new UNetOptions { Widths = [16, 32] }, Augmentation = Still, BootstrapDraws = 20, EvaluationFrames = 1 };
    private static readonly Preprocessing Preprocessing = new() { ImageSize = 32 };
    private readonly TemporaryFolder _folder = new();
    private readonly AnnotatedClipSet _set;

    public UNetSegmentationTaskTests()
    {
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 4, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 2, Views = [PhantomView.A4C] } });
        var read = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
        _set = read with { Clips = [.. read.Clips, .. read.Clips.Select(clip => clip with { Split = DataSplit.Validation })] };
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Evaluate_AfterTraining_IsCloserThanBeforeWithTheFiguresOfTheAutomaticMode()
    {
        using var task = Create(Options);
        double before = task.Evaluate(null!, DataSplit.Validation).Metric("dice_mean_automatic").Value;
        double[] losses = TaskTraining.Run(task, null, 120, 4, 5e-3);
        var after = task.Evaluate(null!, DataSplit.Validation);
        Assert.That(losses[^5..].Average(), Is.LessThan(0.5 * losses[..5].Average()));
        Assert.That(after.Metric("dice_mean_automatic").Value, Is.GreaterThan(Math.Max(0.6, before + 0.1)));
        Assert.That(after.Selection, Is.EqualTo(after.Metric("dice_mean_automatic").Value));
        Assert.That(after.Charts.Keys, Is.EqualTo(new[] { "masks_automatic" }));
        Assert.That(task.Head.training, Is.True, "evaluation leaves the mode as it was");

        using var encoder = Encoders.Transformer();
        using var rival = new SegmentationTask(_set, new ClipPreparation(Preprocessing), Encoders.Head(encoder), new SegmentationTrainingOptions { BootstrapDraws = 20, EvaluationFrames = 1 });
        var other = rival.Evaluate(encoder, DataSplit.Validation);
        Assert.That(after.Metrics.Select(Shape), Is.EqualTo(other.Metrics.Where(metric => metric.Name.EndsWith("automatic", StringComparison.Ordinal)).Select(Shape)));
        Assert.That(after.CaseColumns, Is.EqualTo(other.CaseColumns));
        Assert.That(after.Cases.Select(row => string.Join('/', row.Take(5))), Is.EqualTo(other.Cases.Where(row => row[4] == "automatic").Select(row => string.Join('/', row.Take(5)))));
    }

    [Test]
    public void Loss_Weights_HaveTheirEffect()
    {
        double Value(UNetSegmentationOptions options, ulong seed = 0)
        {
            using var task = Create(options, seed);
            using var loss = task.Loss(null!, Filled(task, 1));
            Assert.That(loss.Terms.Keys, Is.EquivalentTo(new[] { "cross_entropy", "dice" }));
            return loss.Total.ReadDouble();
        }

        double both = Value(Options);
        double entropy = Value(Options with { DiceWeight = 0 });
        double dice = Value(Options with { CrossEntropyWeight = 0 });
        Assert.That(entropy + dice, Is.EqualTo(both).Within(1e-5));
        Assert.That(dice, Is.InRange(0.0, 1.0));
        Assert.That(Value(Options, 9), Is.Not.EqualTo(both));
        Assert.That(Value(Options with { Augmentation = new FrameAugmentationOptions() }), Is.Not.EqualTo(both));
    }

    [Test]
    public void Fill_Frame_WritesStructuresInTheOrderThatWasAskedFor()
    {
        using var task = Create(Options);
        using var swapped = new UNetSegmentationTask(_set, new ClipPreparation(Preprocessing), ["left_atrium", "left_ventricle"], Options);
        byte[] first = Filled(task, 1).Classes_BSS;
        byte[] second = Filled(swapped, 1).Classes_BSS;
        Assert.That(first.Distinct().Order(), Is.EqualTo(new byte[] { 0, 1, 2 }));
        Assert.That(second, Is.EqualTo(Array.ConvertAll(first, label => label == 0 ? (byte)0 : (byte)(3 - label))));
        Assert.That(task.TrainingSamples, Has.Count.EqualTo(8));
    }

    [Test]
    public void Evaluate_FramesAndMinimumPixels_ChooseWhatIsJudged()
    {
        int Cases(UNetSegmentationOptions options)
        {
            using var task = Create(options);
            return task.Evaluate(null!, DataSplit.Validation).Cases.Count;
        }

        Assert.That(Cases(Options with { EvaluationFrames = 0 }), Is.EqualTo(2 * Cases(Options)));
        Assert.That(Cases(Options with { MinimumPixels = 100_000 }), Is.Zero);
    }

    [Test]
    public void Constructor_StructureThatTheSetDoesNotDraw_SaysWhichItDraws() =>
        Assert.That(
            () => new UNetSegmentationTask(_set, new ClipPreparation(Preprocessing), ["pericardium"], Options),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("pericardium").And.Message.Contains("left_atrium"));

    private static string Shape(TaskMetric metric) => $"{metric.Name} of {(metric.Name.StartsWith("dice", StringComparison.Ordinal) ? metric.Cases : 0)}";

    private static UNetSegmentationBatch Filled(UNetSegmentationTask task, ulong seed)
    {
        var batch = (UNetSegmentationBatch)task.CreateBatch(2);
        task.Fill(batch, 0, 0, new RandomStream(seed));
        task.Fill(batch, 1, 3, new RandomStream(seed));
        return batch;
    }

    private UNetSegmentationTask Create(UNetSegmentationOptions options, ulong seed = 0) => new(_set, new ClipPreparation(Preprocessing), Encoders.Structures, options, seed);
}
