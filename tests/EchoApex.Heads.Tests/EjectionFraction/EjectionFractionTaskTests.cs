using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.EjectionFraction;

[NoTensorLeaks]
public sealed class EjectionFractionTaskTests : IDisposable
{
    private static readonly BackboneConfig Tiny = new() { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
    private static readonly Preprocessing Preprocessing = new() { ImageSize = 32, Normalization = Normalization.Image };
    private static readonly FrameAugmentationOptions Still = new() { RotationDegrees = 0, Scale = new(1, 1), Shift = 0, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };

    private static readonly EjectionFractionOptions Options = new()
    {
        Head = new EjectionFractionHeadOptions { Width = 32, Depth = 1, Heads = 2 },
        Windows = new FrameWindowOptions { Frames = 6, DurationMs = 5000 },
        Augmentation = Still,
        BootstrapDraws = 50,
    };

    private TemporaryFolder _folder = null!;
    private AnnotatedClipSet _set = null!;

    [OneTimeSetUp]
    public void MakeSet()
    {
        _folder = new TemporaryFolder();
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 8, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 6, Views = [PhantomView.A4C] } });
        var read = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
        _set = read with { Clips = [.. read.Clips, .. read.Clips.Select(clip => clip with { Split = DataSplit.Validation })] };
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Evaluate_AfterTraining_IsCloserThanBefore()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var task = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options);
        var before = task.Evaluate(encoder, DataSplit.Validation);
        double[] losses = TaskTraining.Run(task, encoder, 60, 8, 2e-3);
        var after = task.Evaluate(encoder, DataSplit.Validation);
        Assert.That(losses[^5..].Average(), Is.LessThan(losses[..5].Average()));
        Assert.That(after.Metric("mae_percent").Value, Is.LessThan(0.7 * before.Metric("mae_percent").Value));
        Assert.That(after.Metric("mae_percent").Cases, Is.EqualTo(8));
        Assert.That(after.Metric("ed_error_frames").Cases, Is.EqualTo(8));
        Assert.That(after.Selection, Is.EqualTo(-after.Metric("mae_percent").Value));
        Assert.That(after.Charts["bland_altman"].Render(400, 300).Height, Is.EqualTo(300));
        Assert.That(encoder.Module.training, Is.True, "evaluation leaves the mode as it was");
    }

    [Test]
    public void Evaluate_OfAFileWithAHeartRate_LooksAtTheWindowsThatPredictionLooksAt()
    {
        using var folder = new TemporaryFolder();
        PhantomSetWriter.Write(folder.File("set"), new PhantomSetOptions { Count = 1, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 60, Beats = 4, Views = [PhantomView.A4C] } });
        var read = PhantomClipSet.Read(folder.File("set"), DataSplit.Validation);
        var clip = read.Clips[0];
        var preparation = new ClipPreparation(Preprocessing);
        Assert.That(preparation.Open(clip).HeartRateBpm, Is.EqualTo(clip.Open().HeartRateBpm).And.GreaterThan(0));
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        var options = Options with { Windows = new FrameWindowOptions { Frames = 6, DurationMs = 400, Beats = 2 } };
        using var task = new EjectionFractionTask(read, preparation, encoder, options);
        string judged = task.Evaluate(encoder, DataSplit.Validation).Cases[0][^1];
        using var other = new EjectionFractionTask(read, preparation, encoder, options with { Windows = options.Windows with { DurationMs = 4000 } });
        Assert.That(other.Evaluate(encoder, DataSplit.Validation).Cases[0][^1], Is.EqualTo(judged), "the file's heart rate goes before the duration");
    }

    [Test]
    public void Evaluate_UntrainedHead_IsAboutAsGoodAsTheMean()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var task = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options);
        Assert.That(task.Evaluate(encoder, DataSplit.Validation).Metric("r2").Value, Is.EqualTo(0).Within(0.15));
        Assert.That(task.TrainingSamples.Select(sample => sample.Class), Is.EqualTo(_set.Of(DataSplit.Train).Select(clip => clip.EjectionFraction < 40 ? 2 : clip.EjectionFraction < 50 ? 1 : 0)));
    }

    [Test]
    public void Evaluate_PhaseSearchOfOneFrame_FindsThatFrame()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var narrow = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { PhaseSearchMs = 1 });
        using var wide = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { PhaseSearchMs = 5000 });
        Assert.That(narrow.Evaluate(encoder, DataSplit.Validation).Metric("ed_error_frames").Value, Is.Zero);
        Assert.That(wide.Evaluate(encoder, DataSplit.Validation).Metric("ed_error_frames").Value, Is.GreaterThan(0));
    }

    [Test]
    public void Loss_ShorterClipInTheBatch_IsPaddedAway()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var task = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { Windows = new FrameWindowOptions { Frames = 9 } });
        using var exact = new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { Windows = new FrameWindowOptions { Frames = 6 } });
        double Loss(EjectionFractionTask from)
        {
            var batch = from.CreateBatch(2);
            for (int slot = 0; slot < 2; slot++)
            {
                from.Fill(batch, slot, slot, new RandomStream(3));
            }

            using var loss = from.Loss(encoder, batch);
            return loss.Total.ReadDouble();
        }

        Assert.That(Loss(task), Is.EqualTo(Loss(exact)).Within(1e-6), "clips have six frames");
    }

    [Test]
    public void Predict_SeveralWindows_ReturnsEachSeenFrameOnce()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var head = new EjectionFractionHead(24, Options.Head, new RandomStream(2));
        var preparation = new ClipPreparation(Preprocessing);
        var clip = _set.Clips[0];
        EjectionFractionPrediction Predict(int frames, EjectionFractionLikelihood likelihood) =>
            new EjectionFractionPredictor(head, preparation.Normalizer, new FrameWindowOptions { Frames = frames, FrameStep = 1, TestWindows = 3 }, likelihood, encoderBatch: 4)
                .Predict(encoder, 6, null, null, frame => preparation.Frame(clip, frame));

        var said = Predict(3, EjectionFractionLikelihood.Gaussian);
        Assert.That(said.Frames, Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(said.HalfWidth95, Is.EqualTo(1.96 * said.StandardDeviation).Within(1e-3));
        Assert.That(Predict(6, EjectionFractionLikelihood.Gaussian).EndDiastole.Sum(), Is.EqualTo(1).Within(1e-5));
        Assert.That(Predict(6, EjectionFractionLikelihood.Laplace).StandardDeviation, Is.EqualTo(Math.Sqrt(2) * Predict(6, EjectionFractionLikelihood.Gaussian).StandardDeviation).Within(1e-4));
    }

    [Test]
    public void Constructor_ViewThatIsNotThere_IsRefused()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        Assert.That(() => new EjectionFractionTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { Views = ["A2C"] }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("A2C"));
    }
}
