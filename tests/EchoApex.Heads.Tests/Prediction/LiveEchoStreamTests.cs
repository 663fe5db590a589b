using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Prediction;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Prediction;

public sealed class LiveEchoStreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EchoClip _clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 64, Frames = 40, FramesPerSecond = 40, Views = [PhantomView.A4C] }, 5, 0).Clip;

    [OneTimeSetUp]
    public void Make() => TinyModels.Write(_folder.File("models"), "view", "segment", "ef");

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task Stream_WithRoom_JudgesEveryFrameInOrder()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        await using var stream = predictor.OpenStream(Options with { Capacity = 40, ResultCapacity = 100 });
        Push(stream, 40);
        stream.Complete();
        var results = await Take(stream);
        Assert.That(results.Select(result => result.Frame), Is.EqualTo(Enumerable.Range(0, 40).Select(i => (long)i)));
        Assert.That(results.Select(result => result.View), Has.None.Null);
        Assert.That(results.Select(result => result.Mask), Has.None.Null);
        Assert.That(results[0].EjectionFraction, Is.Null);
        Assert.That(results[^1].EjectionFraction!.Percent, Is.InRange(0, 100));
        double[] readAt = [.. results.Select(result => result.EjectionFractionTimeMs).OfType<double>().Distinct()];
        Assert.That(readAt.Zip(readAt.Skip(1), (a, b) => b - a), Has.All.AtLeast(200), "the ejection fraction is read every so often, not every frame");
        var statistics = stream.Statistics;
        Assert.That((statistics.Received, statistics.Judged, statistics.Dropped, statistics.ResultsDropped), Is.EqualTo((40L, 40L, 0L, 0L)));
        Assert.That(statistics.MedianLatencyMs, Is.GreaterThan(0).And.LessThanOrEqualTo(statistics.Latency99Ms));
        Assert.That(statistics.FramesPerSecond, Is.GreaterThan(0));
    }

    [Test]
    public async Task Stream_TooFast_DropsTheOldestAndCountsThem()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        await using var stream = predictor.OpenStream(Options with { Capacity = 2, CalibrationFrames = 4 });

        // The models are busy elsewhere: nothing can be judged while frames come.
        predictor.InTurn(
            () =>
            {
                Push(stream, 40);
                return 0;
            },
            CancellationToken.None);
        stream.Complete();
        var results = await Take(stream);
        var statistics = stream.Statistics;
        Assert.That(statistics.Received, Is.EqualTo(40));
        Assert.That(statistics.Judged + statistics.Dropped, Is.EqualTo(40));
        Assert.That(statistics.Dropped, Is.AtLeast(34));
        Assert.That(results[^1].Frame, Is.EqualTo(39), "the newest frame is kept");
    }

    [Test]
    public async Task Stream_MaskEveryThird_MakesNoOthers()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        await using var stream = predictor.OpenStream(Options with { Capacity = 40, MaskEvery = 3 });
        Push(stream, 20);
        stream.Complete();
        Assert.That((await Take(stream)).Select(result => result.Mask is not null), Is.EqualTo(Enumerable.Range(0, 20).Select(i => i % 3 == 0)));
    }

    [Test]
    public async Task Stream_AfterAPause_ReadsNoEjectionFractionFromBothSides()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        await using var stream = predictor.OpenStream(Options with { Capacity = 90, CalibrationFrames = 4, ResultCapacity = 100 });
        Push(stream, 40);
        Push(stream, 40, startMs: 20_000);
        stream.Complete();
        double[] readAt = [.. (await Take(stream)).Select(result => result.EjectionFractionTimeMs).OfType<double>().Distinct()];
        double before = readAt.Where(time => time < 20_000).Min(), after = readAt.Where(time => time >= 20_000).Min();
        Assert.That(after - 20_000, Is.EqualTo(before).Within(1e-9), "the window fills anew");
    }

    [Test]
    public async Task Stream_WithoutASector_EndsWithTheReason()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        await using var stream = predictor.OpenStream(Options);
        for (int i = 0; i < 12; i++)
        {
            stream.Push(new byte[64 * 64], i * 25);
        }

        Assert.That(async () => await Take(stream), Throws.InstanceOf<DataException>().With.Message.Contains("sector"));
    }

    [Test]
    public async Task Stream_DisposedEarly_EndsAndRefusesFrames()
    {
        using var predictor = EchoPredictor.Load(_folder.File("models"));
        var stream = predictor.OpenStream(Options);
        Push(stream, 3);
        await stream.DisposeAsync();
        Assert.That(() => Push(stream, 1), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => predictor.OpenStream(Options with { Structure = "spleen" }), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("spleen"));
    }

    private static LiveStreamOptions Options { get; } = new() { Height = 64, Width = 64, EjectionFractionIntervalMs = 200 };

    private void Push(LiveEchoStream stream, int count, double startMs = 0)
    {
        for (int i = 0; i < count; i++)
        {
            stream.Push(_clip.ReadFrame(i % _clip.FrameCount), startMs + (i * 25.0));
        }
    }

    private static async Task<List<LiveResult>> Take(LiveEchoStream stream)
    {
        var results = new List<LiveResult>();
        await foreach (var result in stream.ResultsAsync())
        {
            results.Add(result);
        }

        return results;
    }
}
