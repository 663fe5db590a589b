using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Specialists;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Specialists;

[NoTensorLeaks]
public sealed class VideoEjectionFractionTaskTests : IDisposable
{
    private static readonly BackboneConfig Tiny = new() { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 1, Heads = 3 };
    private static readonly Preprocessing Preprocessing = new() { ImageSize = 32, Normalization = Normalization.Image };
    private static readonly FrameAugmentationOptions Still = new() { RotationDegrees = 0, Scale = new(1, 1), Shift = 0, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };

    private static readonly VideoEjectionFractionOptions Options = new()
    {
        Network = new VideoNetworkOptions { Widths = [16, 32] },
        Windows = new FrameWindowOptions { Frames = 6, DurationMs = 5000 },
        Augmentation = Still,
        BootstrapDraws = 20,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly AnnotatedClipSet _set;

    public VideoEjectionFractionTaskTests()
    {
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 6, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 6, Views = [PhantomView.A4C] } });
        var read = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
        _set = read with { Clips = [.. read.Clips, .. read.Clips.Select(clip => clip with { Split = DataSplit.Validation })] };
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Evaluate_AfterTraining_IsCloserThanBeforeWithTheFiguresOfTheEjectionFractionTask()
    {
        using var task = Create(Options);
        var before = task.Evaluate(null!, DataSplit.Validation);
        double[] losses = TaskTraining.Run(task, null, 60, 6, 3e-3);
        var after = task.Evaluate(null!, DataSplit.Validation);
        Assert.That(before.Metric("r2").Value, Is.EqualTo(0).Within(0.15), "untrained it says the mean");
        Assert.That(losses[^5..].Average(), Is.LessThan(0.5 * losses[..5].Average()));
        Assert.That(after.Metric("mae_percent").Value, Is.LessThan(0.7 * before.Metric("mae_percent").Value));
        Assert.That(after.Selection, Is.EqualTo(-after.Metric("mae_percent").Value));
        Assert.That(task.Head.training, Is.True, "evaluation leaves the mode as it was");

        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var rival = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, new EjectionFractionOptions
        {
            Head = new EjectionFractionHeadOptions { Width = 32, Depth = 1, Heads = 2 }, Windows = Options.Windows, BootstrapDraws = 20,
        });
        var other = rival.Evaluate(encoder, DataSplit.Validation);
        Assert.That(after.Metrics.Select(metric => metric.Name), Is.EqualTo(other.Metrics.Select(metric => metric.Name)));
        Assert.That(after.Metrics.Take(5).Select(metric => metric.Cases), Is.All.EqualTo(6));
        Assert.That(after.Metrics.Where(metric => metric.Cases == 0).Select(metric => metric.Name), Is.EqualTo(new[]
        {
            "class_auc_below_50", "class_auc_below_40", "coverage_95", "ed_error_frames", "es_error_frames", "ed_error_ms", "es_error_ms",
        }));
        Assert.That(after.Metrics.Where(metric => metric.Cases == 0).Select(metric => metric.Value), Is.All.NaN);
        Assert.That(after.CaseColumns, Is.EqualTo(other.CaseColumns));
        Assert.That(task.TrainingSamples, Is.EqualTo(rival.TrainingSamples));
    }

    [Test]
    public void Fill_ClipShorterThanTheWindow_RepeatsItsLastFrame()
    {
        using var task = Create(Options with { Windows = new FrameWindowOptions { Frames = 9 } });
        var batch = (EjectionFractionBatch)task.CreateBatch(1);
        task.Fill(batch, 0, 0, new RandomStream(1));
        Assert.That(batch.Counts[0], Is.EqualTo(6));
        Assert.That(batch.Pictures.Pixels(8).ToArray(), Is.EqualTo(batch.Pictures.Pixels(5).ToArray()).And.Not.EqualTo(batch.Pictures.Pixels(4).ToArray()));
        Assert.That(task.Evaluate(null!, DataSplit.Validation).Metric("mae_percent").Value, Is.GreaterThan(0));
    }

    [Test]
    public void Loss_Kind_IsTheSquareOrTheAmount()
    {
        (double Total, double Squared, double Absolute) Value(VideoEjectionFractionOptions options, ulong seed = 0)
        {
            using var task = Create(options, seed);
            var batch = task.CreateBatch(2);
            task.Fill(batch, 0, 0, new RandomStream(1));
            task.Fill(batch, 1, 1, new RandomStream(1));
            using var loss = task.Loss(null!, batch);
            return (loss.Total.ReadDouble(), loss.Terms["squared"].ReadDouble(), loss.Terms["absolute"].ReadDouble());
        }

        var squared = Value(Options);
        var absolute = Value(Options with { Loss = VideoRegressionLoss.Absolute });
        Assert.That(squared.Total, Is.EqualTo(squared.Squared));
        Assert.That(absolute.Total, Is.EqualTo(squared.Absolute).And.Not.EqualTo(squared.Squared));
        Assert.That(Value(Options, 4).Total, Is.Not.EqualTo(squared.Total));
        Assert.That(Value(Options with { Augmentation = new FrameAugmentationOptions() }).Total, Is.Not.EqualTo(squared.Total));
    }

    [Test]
    public void Constructor_ViewsOtherThanTheSets_IsRefused() =>
        Assert.That(() => Create(Options with { Views = ["A2C"] }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("A2C"));

    [Test]
    public void Constructor_NoTrainingClips_LeavesTheTargetsAsTheyAre()
    {
        var judged = _set with { Clips = [.. _set.Of(DataSplit.Validation)] };
        using var task = new VideoEjectionFractionTask(judged, new ClipPreparation(Preprocessing), Options);
        Assert.That(task.TrainingSamples, Is.Empty);
        Assert.That(((VideoNetwork)task.Head).TargetStatistics, Is.EqualTo((55.0, 12.0)));
    }

    private VideoEjectionFractionTask Create(VideoEjectionFractionOptions options, ulong seed = 0) => new(_set, new ClipPreparation(Preprocessing), options, seed);
}
