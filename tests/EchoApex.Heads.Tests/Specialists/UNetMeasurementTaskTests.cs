using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Specialists;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Specialists;

[NoTensorLeaks]
public sealed class UNetMeasurementTaskTests : IDisposable
{
    private static readonly BackboneConfig Tiny = new() { Family = "vit", Architecture = "tiny", ImageSize = 48, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
    private static readonly Preprocessing Preprocessing = new() { ImageSize = 48, Normalization = Normalization.Image };
    private static readonly FrameAugmentationOptions Still = new() { RotationDegrees = 0, Scale = new(1, 1), Shift = 0, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };
    private static readonly UNetMeasurementOptions Options = new() { Network = new UNetOptions { Widths = [16, 32, 32] }, Augmentation = Still, BootstrapDraws = 20, PictureFrames = 4 };

    private readonly TemporaryFolder _folder = new();
    private readonly AnnotatedClipSet _set;

    public UNetMeasurementTaskTests()
    {
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 4, Avi = false, Clip = new PhantomOptions { ImageSize = 96, Frames = 2, Views = [PhantomView.PLAX, PhantomView.A4C] } });
        var read = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
        _set = read with { Clips = [.. read.Clips, .. read.Clips.Select(clip => clip with { Split = DataSplit.Validation })] };
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Evaluate_AfterTraining_IsCloserThanBeforeWithTheFiguresOfTheMeasurementTask()
    {
        using var task = Create(Options);
        double before = task.Evaluate(null!, DataSplit.Validation).Metric("mae_lvid_px").Value;
        double[] losses = TaskTraining.Run(task, null, 40, 4, 5e-3);
        var after = task.Evaluate(null!, DataSplit.Validation);
        Assert.That(losses[^5..].Average(), Is.LessThan(0.6 * losses[..5].Average()));
        Assert.That(after.Metric("mae_lvid_px").Value, Is.LessThan(before));
        Assert.That(after.Selection, Is.EqualTo(-after.Metric("mae_mm").Value));
        Assert.That(task.Head.training, Is.True, "evaluation leaves the mode as it was");

        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var rival = new MeasurementTask(_set, new ClipPreparation(Preprocessing), encoder, new MeasurementOptions { Head = new MeasurementHeadOptions { Width = 16, StemWidth = 16 }, BootstrapDraws = 20 });
        var other = rival.Evaluate(encoder, DataSplit.Validation);
        Assert.That(after.Metrics.Select(metric => (metric.Name, metric.Cases)), Is.EqualTo(other.Metrics.Select(metric => (metric.Name, metric.Cases))));
        Assert.That(after.Charts.Keys, Is.EqualTo(other.Charts.Keys));
        Assert.That(task.TrainingSamples, Is.EqualTo(rival.TrainingSamples));
    }

    [Test]
    public void Fill_Points_AreInPixelsOfTheInput()
    {
        using var task = Create(Options);
        var batch = (MeasurementBatch)task.CreateBatch(1);
        task.Fill(batch, 0, 0, new RandomStream(1));
        var clip = _set.Of(DataSplit.Train).First(clip => clip.View == "PLAX");
        var truth = new ClipPreparation(Preprocessing).Frame(clip, clip.Frames[0].Frame).Landmarks["ivs_start"];
        Assert.That((batch.Points[0], batch.Points[1]), Is.EqualTo(((float)truth.X, (float)truth.Y)));
    }

    [Test]
    public void Evaluate_LossAndDecoding_HaveTheirEffect()
    {
        double Loss(UNetMeasurementOptions options, ulong seed = 0)
        {
            using var task = Create(options, seed);
            var batch = task.CreateBatch(1);
            task.Fill(batch, 0, 0, new RandomStream(1));
            using var loss = task.Loss(null!, batch);
            return loss.Total.ReadDouble();
        }

        double Error(UNetMeasurementOptions options)
        {
            using var task = Create(options);
            return task.Evaluate(null!, DataSplit.Validation).Metric("mae_lvid_px").Value;
        }

        Assert.That(Loss(Options with { Loss = new MeasurementLossOptions() }), Is.Not.EqualTo(Loss(Options)));
        Assert.That(Loss(Options, 5), Is.Not.EqualTo(Loss(Options)));
        Assert.That(Loss(Options with { Augmentation = new FrameAugmentationOptions() }), Is.Not.EqualTo(Loss(Options)));
        double error = Error(Options);
        Assert.That(Error(Options with { WindowRadius = 2 }), Is.Not.EqualTo(error));
        Assert.That(Error(Options with { Decoding = Enum.GetValues<HeatmapDecoding>().First(decoding => decoding != Options.Decoding) }), Is.Not.EqualTo(error));
        Assert.That(Error(Options with { EvaluationBatch = 1 }), Is.EqualTo(error).Within(1e-3));
    }

    [Test]
    public void Landmarks_OfOneLength_GiveItsFiguresAlone()
    {
        using var task = Create(Options with { Landmarks = ["lvid_start", "lvid_end"], Views = ["PLAX"], BootstrapDraws = 0 });
        var evaluation = task.Evaluate(null!, DataSplit.Validation);
        Assert.That(evaluation.Metrics.Select(metric => metric.Name), Has.None.Contains("ivs").And.Some.Contains("lvid"));
        Assert.That(evaluation.Metrics[0].Low, Is.NaN);
    }

    [Test]
    public void Constructor_ViewsOtherThanTheSets_SaysWhichPointsAreMissing() =>
        Assert.That(() => Create(Options with { Views = ["A2C"] }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("lvid_start").And.Message.Contains("views"));

    private UNetMeasurementTask Create(UNetMeasurementOptions options, ulong seed = 0) => new(_set, new ClipPreparation(Preprocessing), options, seed);
}
