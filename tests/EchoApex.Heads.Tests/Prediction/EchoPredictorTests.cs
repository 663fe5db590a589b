using System.Runtime.CompilerServices;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Studies;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Prediction;

/// <summary>Predictions of untrained models: how they are asked for, not how good they are.</summary>
public sealed class EchoPredictorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EchoClip[] _clips = [.. Enumerable.Range(0, 4).Select(i => PhantomGenerator.Generate(new PhantomOptions { ImageSize = 64, Frames = 6 + i }, 5, i).Clip)];

    [OneTimeSetUp]
    public void Make() => TinyModels.Write(_folder.File("models"), "view", "segment", "measure", "ef");

    public void Dispose() => _folder.Dispose();

    [Test, NoTensorLeaks]
    public void Load_OfAFolderOfModels_AnswersEveryTask()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        var all = predictor.Predict(_clips[0]);
        Assert.That(predictor.Tasks, Is.EqualTo(EchoTasks.All));
        Assert.That(new object?[] { all.View, all.EjectionFraction, all.Measurement, all.Masks }, Has.None.Null);
        Assert.That(all.Masks![0].Structures.Keys, Is.EquivalentTo(TinyModels.Structures));
        var some = predictor.Predict(_clips[0], EchoTasks.View | EchoTasks.EjectionFraction);
        Assert.That((some.View, some.EjectionFraction?.Percent, some.Measurement, some.Masks), Is.EqualTo((some.View, all.EjectionFraction!.Percent, (LvFindings?)null, (IReadOnlyList<SegmentedFrame>?)null)));
    }

    [Test]
    public void Load_OfAFolderWithoutModels_SaysWhatIsMissing()
    {
        Directory.CreateDirectory(_folder.File("empty"));
        Assert.That(() => EchoPredictor.Load(_folder.File("empty")), Throws.InstanceOf<CheckpointException>().With.Message.Contains("holds no fine-tuned model"));
        Assert.That(() => EchoPredictor.Load(_folder.File("nowhere")), Throws.InstanceOf<CheckpointException>().With.Message.Contains("does not exist"));
    }

    [Test, NoTensorLeaks]
    public void Load_OfTwoModelsOfATask_NamesBoth()
    {
        TinyModels.Write(_folder.File("twins"), "view");
        Directory.Move(Path.Combine(_folder.File("twins"), "view"), Path.Combine(_folder.File("twins"), "a"));
        TinyModels.Write(_folder.File("twins"), "view");
        Assert.That(() => EchoPredictor.Load(_folder.File("twins")), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("two models of the task 'view'"));
    }

    [Test]
    public async Task PredictAsync_FromManyThreads_GivesTheSequentialResults()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"), concurrency: 2);
        double[] one = [.. _clips.Select(clip => predictor.Predict(clip).EjectionFraction!.Percent)];
        var many = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => predictor.PredictAsync(_clips[i % 4])));
        Assert.That(many.Select(prediction => prediction.EjectionFraction!.Percent), Is.EqualTo(Enumerable.Range(0, 16).Select(i => one[i % 4])));
        Assert.That(many.Select(prediction => prediction.View!.Confidence).Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public async Task PredictAsync_OfAStream_KeepsOrderHoldsTheSourceBackAndReportsBadClips()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"), concurrency: 2);
        int asked = 0, taken = 0, ahead = 0;
        var bad = new EchoClip(new Broken(), new ClipOrigin("broken.dcm", "memory"));
        var outcomes = new List<PredictionOutcome>();
        await foreach (var outcome in predictor.PredictAsync(Source(), EchoTasks.View))
        {
            outcomes.Add(outcome);
            taken++;
        }

        Assert.That(outcomes.Select(outcome => outcome.Clip), Is.EqualTo(Enumerable.Range(0, 12).Select(i => i == 5 ? bad : _clips[i % 4])));
        Assert.That(outcomes.Where(outcome => outcome.Error is not null).Select(outcome => outcome.Clip), Is.EqualTo(new[] { bad }));
        Assert.That(ahead, Is.LessThanOrEqualTo(3), "the source runs no further ahead than the clips in work");

        async IAsyncEnumerable<EchoClip> Source([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (int i = 0; i < 12; i++)
            {
                ahead = Math.Max(ahead, ++asked - taken);
                await Task.Yield();
                yield return i == 5 ? bad : _clips[i % 4];
            }
        }
    }

    [Test]
    public void PredictAsync_Cancelled_Stops()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.That(async () => await predictor.PredictAsync(_clips[0], stop.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test, NoTensorLeaks]
    public void Dispose_FreesTheWeightsAndRefusesLaterCalls()
    {
        var predictor = EchoPredictor.Load(_folder.File("models"));
        long loaded = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        predictor.Dispose();
        Assert.That(TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.LessThan(loaded - 100));
        Assert.That(() => predictor.Predict(_clips[0]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(predictor.Dispose, Throws.Nothing);
    }

    [Test, NoTensorLeaks]
    public void Explain_GivesMapsOfTheGrid()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        var maps = predictor.Explain(_clips[0], 2)!;
        Assert.That((maps.Task, maps.GridHeight, maps.GridWidth, maps.Attention.Count), Is.EqualTo(("view", 4, 4, 3)));
        Assert.That(maps.Attention, Has.All.Length.EqualTo(16));
        Assert.That(maps.Attention.Select(map => map.Sum()), Has.All.InRange(0.3, 1.0));
        Assert.That(maps.Rollout!.Sum(), Is.InRange(0.1, 1.0));
        Assert.That(maps.Occlusion, Has.Length.EqualTo(16).And.Some.Not.EqualTo(0f));
        Assert.That(maps.Components.Chunk(3).Select(color => (color[0], color[1], color[2])).Distinct().Count(), Is.GreaterThan(4));
        Assert.That(maps.ComponentShares.Sum(), Is.InRange(0.2, 1.0));
        var coarse = predictor.Explain(_clips[0], 2, new ExplanationOptions { Task = EchoTasks.Segment, OcclusionPlaces = 4 })!;
        Assert.That((coarse.OcclusionHeight, coarse.OcclusionWidth), Is.EqualTo((2, 2)));
        Assert.That(coarse.OcclusionMeaning, Does.Contain("embedding"));
        Assert.That(predictor.Explain(_clips[0], 2, new ExplanationOptions { Occlusion = false })!.Occlusion, Is.Null);
        Assert.That(ExplanationPictures.Sheet(maps, "maps").Width, Is.GreaterThan(800));
    }

    [Test, NoTensorLeaks]
    public void StudyPipeline_WithUntrainedModels_MakesAReport()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        var study = new StudyPipeline(predictor, new StudyOptions { MinimumViewConfidence = 0 }).Run([.. _clips], "untrained");
        Assert.That(study.Models.Select(model => model.Task), Is.EquivalentTo(new[] { "view", "segment", "measure", "ef" }));
        Assert.That(study.Explanations, Is.Not.Empty);
        string page = HtmlReport.Page(study, DateTimeOffset.UnixEpoch);
        Assert.That(page, Does.Contain("What the network looks at").And.Contain("none &lt;b&gt;untrained"));
        Assert.That(study.Measures.All(measure => measure.Value is null != measure.Abstention is null), Is.True, "a value or a reason, never both or neither");
    }

    private sealed class Broken : IFrameStore
    {
        public int FrameCount => 2;

        public int Height => 64;

        public int Width => 64;

        public int Channels => 1;

        public void ReadFrame(int index, Span<byte> destination) => throw new DataException("broken.dcm", "is cut short.", index);
    }
}
