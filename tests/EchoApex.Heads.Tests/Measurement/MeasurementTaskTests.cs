using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Measurement;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Measurement;

[NoTensorLeaks]
public sealed class MeasurementTaskTests : IDisposable
{
    private static readonly BackboneConfig Tiny = new() { Family = "vit", Architecture = "tiny", ImageSize = 48, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
    private static readonly Preprocessing Preprocessing = new() { ImageSize = 48, Normalization = Normalization.Image };
    private static readonly FrameAugmentationOptions Still = new() { RotationDegrees = 0, Scale = new(1, 1), Shift = 0, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };

    private static readonly MeasurementOptions Options = new()
    {
        Head = new MeasurementHeadOptions { Width = 16, StemWidth = 16 },
        Augmentation = Still,
        BootstrapDraws = 50,
        PictureFrames = 4,
    };

    private TemporaryFolder _folder = null!;
    private AnnotatedClipSet _set = null!;

    [OneTimeSetUp]
    public void MakeSet()
    {
        _folder = new TemporaryFolder();
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 6, Avi = false, Clip = new PhantomOptions { ImageSize = 96, Frames = 2, Views = [PhantomView.PLAX, PhantomView.A4C] } });
        var read = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
        _set = read with { Clips = [.. read.Clips, read.Clips[0] with { Split = DataSplit.Validation }] };
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Evaluate_AfterTraining_IsCloserThanBefore()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var task = new MeasurementTask(_set, new ClipPreparation(Preprocessing), encoder, Options);
        Assert.That(task.TrainingSamples, Has.Count.EqualTo(6), "two frames of each of three PLAX clips; A4C has no such points");
        double before = task.Evaluate(encoder, DataSplit.Validation).Metric("mae_lvid_px").Value;
        double[] losses = TaskTraining.Run(task, encoder, 40, 6, 3e-3);
        var after = task.Evaluate(encoder, DataSplit.Validation);
        Assert.That(losses[^5..].Average(), Is.LessThan(0.5 * losses[..5].Average()));
        Assert.That(after.Metric("mae_lvid_px").Value, Is.LessThan(before));
        Assert.That(after.Metric("mae_lvid_mm").Cases, Is.EqualTo(2));
        Assert.That(after.Selection, Is.EqualTo(-after.Metric("mae_mm").Value));
        Assert.That(after.Skipped, Is.Empty);
        Assert.That(after.Cases, Has.Count.EqualTo(6), "two frames of three lengths");
        Assert.That(after.Charts["landmarks"].Render(600, 400).Width, Is.EqualTo(600));
        Assert.That(encoder.Module.training, Is.True, "evaluation leaves the mode as it was");
    }

    [Test]
    public void Evaluate_NoSpacing_JudgesPixelsAndNamesTheClip()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        string avi = _folder.File("avi");
        PhantomSetWriter.Write(avi, new PhantomSetOptions { Count = 1, Dicom = false, Clip = new PhantomOptions { ImageSize = 96, Frames = 2, Views = [PhantomView.PLAX] } });
        var clip = PhantomClipSet.Read(avi, DataSplit.Validation).Clips[0];
        var without = clip with { Spacing = null, Frames = [.. clip.Frames.Select(frame => frame with { LengthsMm = new Dictionary<string, double>() })] };
        using var task = new MeasurementTask(_set with { Clips = [_set.Clips[0], without] }, new ClipPreparation(Preprocessing), encoder, Options);
        var evaluation = task.Evaluate(encoder, DataSplit.Validation);
        Assert.That((evaluation.Metric("mae_mm").Cases, evaluation.Metric("mae_ivs_px").Cases), Is.EqualTo((0, 2)));
        Assert.That(evaluation.Skipped.Single().Reason, Does.Contain("not in mm"));
        Assert.That(evaluation.Selection, Is.LessThan(0), "pixels choose where there is no mm");
    }

    [Test]
    public void Evaluate_TruePointsAsPredictions_HaveNoError()
    {
        var clip = _set.Clips[0];
        var frame = clip.Frames[0];
        var preparation = new ClipPreparation(Preprocessing);
        var opened = preparation.Open(clip);
        var back = preparation.Frame(clip, 0).Landmarks.ToDictionary(point => point.Key, point =>
        {
            var (x, y) = opened.Geometry.ToFrame(point.Value.X, point.Value.Y);
            return new ImagePoint(x, y);
        });
        Assert.That(LvMeasurements.FromPoints(back, opened.Spacing).LvidMm, Is.EqualTo(frame.LengthsMm["lvid"]).Within(1e-6));
    }

    [Test]
    public void Constructor_ViewWithoutPoints_IsRefused()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        Assert.That(() => new MeasurementTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { Views = ["A4C"] }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("lvid_start"));
    }

    [Test]
    public void Fill_SameStream_WritesTheSameAndAugmentationMovesPoints()
    {
        using var encoder = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var task = new MeasurementTask(_set, new ClipPreparation(Preprocessing), encoder, Options with { Augmentation = new FrameAugmentationOptions() });
        using var still = new MeasurementTask(_set, new ClipPreparation(Preprocessing), encoder, Options);
        (byte[] Pixels, float[] Points) Fill(MeasurementTask from, ulong seed)
        {
            var batch = (MeasurementBatch)from.CreateBatch(1);
            from.Fill(batch, 0, 2, new RandomStream(seed));
            return (batch.Pixels_BSS, batch.Points);
        }

        Assert.That(Fill(task, 4), Is.EqualTo(Fill(task, 4)));
        Assert.That(Fill(task, 5).Points, Is.Not.EqualTo(Fill(task, 4).Points));
        Assert.That(Fill(still, 5).Points, Is.EqualTo(Fill(still, 4).Points));
    }
}
