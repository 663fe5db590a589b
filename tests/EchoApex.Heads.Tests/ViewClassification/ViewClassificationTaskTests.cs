using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.ViewClassification;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.ViewClassification;

[NoTensorLeaks]
public sealed class ViewClassificationTaskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AnnotatedClipSet _set;

    public ViewClassificationTaskTests()
    {
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 24, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 3 } });
        _set = PhantomClipSet.Read(_folder.File("set"));
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Evaluate_OfUntrainedHead_JudgesEveryClipOfTheSplit()
    {
        using var encoder = Encoder();
        using var task = Task(new ViewClassificationOptions());
        var evaluation = task.Evaluate(encoder, DataSplit.Train);
        int clips = _set.Of(DataSplit.Train).Count();
        Assert.That(evaluation.Cases, Has.Count.EqualTo(clips));
        Assert.That(evaluation.Metric("balanced_accuracy").Value, Is.EqualTo(evaluation.Selection).Within(1e-12));
        Assert.That(evaluation.Charts, Does.ContainKey("confusion"));
        Assert.That(task.TrainingSamples, Has.Count.EqualTo(clips));
    }

    [Test]
    public void Loss_GivesGradientsToHeadAndEncoder()
    {
        using var encoder = Encoder();
        using var task = Task(new ViewClassificationOptions { MeanPatch = true, ClassWeighting = ClassWeighting.Balanced });
        var batch = task.CreateBatch(4);
        for (int slot = 0; slot < 4; slot++)
        {
            task.Fill(batch, slot, slot, RandomStream.For(0, "fill", slot));
        }

        using var scope = NewDisposeScope();
        using var loss = task.Loss(encoder, batch);
        loss.Total.backward();
        Assert.That(loss.Total.ReadDouble(), Is.EqualTo(Math.Log(task.Labels.Count)).Within(0.5));
        Assert.That(task.Head.parameters().All(parameter => parameter.grad is not null));
        Assert.That(encoder.Module.parameters().Count(parameter => parameter.grad is not null), Is.GreaterThan(5));
    }

    [Test]
    public void Labels_OfTheTransthoracicSet_MapNamesAndCountWhatIsUnknown()
    {
        var odd = _set with { Clips = [.. _set.Clips, _set.Clips[0] with { Name = "doppler", View = "Doppler" }] };
        using var task = new ViewClassificationTask(odd, Preparation(), 48, new ViewClassificationOptions { Labels = ViewLabelSet.Transthoracic });
        Assert.That(task.Labels, Is.EqualTo(EchoViews.Codes));
        Assert.That(task.UnknownViews, Is.EqualTo(1));

        // "PSAX" of the phantoms is cut at the papillary muscles.
        int place = EchoViews.Codes.ToList().IndexOf("PSAX_PM");
        Assert.That(task.TrainingSamples.Any(sample => sample.Class == place));
    }

    [Test]
    public void Evaluate_WithADamagedClip_LeavesItOutByName()
    {
        var clips = _set.Clips.ToArray();
        int broken = Array.FindIndex(clips, clip => clip.Split == DataSplit.Train);
        string path = _folder.File("broken.dcm");
        File.WriteAllText(path, "no clip");
        clips[broken] = clips[broken] with { Path = path };
        using var encoder = Encoder();
        using var task = new ViewClassificationTask(_set with { Clips = clips }, Preparation(), encoder.FeatureDimension, new ViewClassificationOptions());
        var evaluation = task.Evaluate(encoder, DataSplit.Train);
        Assert.That(evaluation.Skipped.Single().Path, Is.EqualTo(path));
        Assert.That(() => task.Fill(task.CreateBatch(1), 0, 0, RandomStream.For(0, "fill")), Throws.TypeOf<DataException>(), "the first training clip is the broken one");
    }

    [Test]
    public void Constructor_OneViewAlone_IsRefused()
    {
        var one = _set with { Clips = [.. _set.Clips.Where(clip => clip.View == "A4C")] };
        Assert.That(
            () => new ViewClassificationTask(one, Preparation(), 48, new ViewClassificationOptions()),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("two or more"));
    }

    private static ClipPreparation Preparation() => new(new Preprocessing { ImageSize = 32 });

    private static IBackbone Encoder()
    {
        var encoder = BackboneFactory.Create(
            new BackboneConfig { Family = "vit", Architecture = "vit_custom", ImageSize = 32, PatchSize = 8, EmbedDim = 48, Depth = 2, Heads = 3 },
            RandomStream.For(3, "encoder"));
        encoder.Module.eval();
        return encoder;
    }

    private ViewClassificationTask Task(ViewClassificationOptions options) => new(_set, Preparation(), 48, options);
}
