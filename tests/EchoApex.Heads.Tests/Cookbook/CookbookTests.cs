using System.Text.RegularExpressions;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Quality;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.Studies;
using EchoApex.Heads.Tests.Prediction;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Cookbook;

/// <summary>The code of docs/cookbook.md: each region stands in it word for word, and runs here.</summary>
public sealed partial class CookbookTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    [OneTimeSetUp]
    public void Make()
    {
        TinyModels.Write(_folder.File("models"), "view", "segment", "measure", "ef");
        PhantomStudyWriter.Write(_folder.File("examination"), new PhantomStudyOptions { Seed = 2, Clip = new PhantomOptions { ImageSize = 64, Frames = 20, FramesPerSecond = 20 } });
    }

    public void Dispose() => _folder.Dispose();

    [TearDown]
    public void SomethingWasSaid()
    {
        Assert.That(_said, Is.Not.Empty);
        _said.Clear();
    }

    private string Models => _folder.File("models");

    private string Study => Path.Combine(_folder.File("examination"), "study");

    private string Clip => Path.Combine(Study, "01-A4C.dcm");

    private void Say(string line) => _said.Add(line);

    [Test]
    public void Embed()
    {
        string encoder = Path.Combine(Models, "view", "encoder"), path = Clip;
        #region embed
        using var embedder = Embedder.Load(encoder);      // a model folder
        var clip = ClipReader.Open(path);
        float[] embeddings = embedder.Embed(clip);        // [frames, D], row by row
        Say($"{clip.FrameCount} frames of {clip.Width} x {clip.Height} pixels, {embedder.Dimension} numbers each, spacing {clip.Spacing?.XMm.ToString() ?? "unknown"} mm");
        #endregion
        Assert.That(embeddings, Has.Length.EqualTo(clip.FrameCount * embedder.Dimension));
    }

    [Test]
    public async Task Tasks()
    {
        string models = Models, path = Clip;
        #region tasks
        using var predictor = EchoPredictor.Load(models);
        var clip = ClipReader.Open(path);
        var found = await predictor.PredictAsync(clip, EchoTasks.View | EchoTasks.EjectionFraction);
        Say(found.View!.Label is { } view ? $"{view}, confidence {found.View.Confidence:0.00}" : "too unsure of the view to say");
        Say($"EF {found.EjectionFraction!.Percent:0} ± {found.EjectionFraction.HalfWidth95:0} %, below 50 % with probability {found.EjectionFraction.Below50:0.00}");
        #endregion
    }

    [Test]
    public async Task Stream()
    {
        string models = Models, folder = Study;
        var cancellationToken = CancellationToken.None;
        #region stream
        using var predictor = EchoPredictor.Load(models, concurrency: 2);
        var clips = ClipReader.EnumerateClips(folder).Select(TryOpen).OfType<EchoClip>().ToAsyncEnumerable();
        await foreach (var outcome in predictor.PredictAsync(clips, EchoTasks.View, cancellationToken))
        {
            Say(outcome.Error is null ? $"{outcome.Clip.Origin.Path}: {outcome.Prediction!.View!.Likeliest}" : $"left out: {outcome.Error.Message}");
        }

        EchoClip? TryOpen(string path)
        {
            try
            {
                return ClipReader.Open(path);
            }
            catch (DataException error)
            {
                Say($"left out: {error.Message}");
                return null;
            }
        }

        #endregion
    }

    [Test]
    public async Task Live()
    {
        string models = Models;
        var source = ClipReader.Open(Clip);
        #region live
        using var predictor = EchoPredictor.Load(models);
        await using var live = predictor.OpenStream(new LiveStreamOptions { Height = source.Height, Width = source.Width, Channels = source.Channels, Spacing = source.Spacing });
        var results = Task.Run(async () =>
        {
            await foreach (var result in live.ResultsAsync())
            {
                Say($"frame {result.Frame}: {result.View!.Likeliest}, ventricle {result.Mask?.AreaMm2 / 100:0.0} cm2, EF {result.EjectionFraction?.Percent:0} %, {result.LatencyMs:0} ms");
            }
        });
        for (int frame = 0; frame < source.FrameCount; frame++)   // a scanner's callback
        {
            live.Push(source.ReadFrame(frame), timeMs: frame * 50);
        }

        live.Complete();
        await results;
        var statistics = live.Statistics;
        Say($"{statistics.FramesPerSecond:0} frames a second, {statistics.MedianLatencyMs:0} ms (99 %: {statistics.Latency99Ms:0} ms), {statistics.Dropped} dropped");
        #endregion
    }

    [Test]
    public void Masks()
    {
        string models = Models, path = Clip, output = _folder.File("masks");
        #region masks
        using var predictor = EchoPredictor.Load(models);
        var clip = ClipReader.Open(path);
        foreach (var frame in predictor.Predict(clip, EchoTasks.Segment).Masks!)
        {
            SegmentedMask ventricle = frame.Structures["left_ventricle"];
            Say($"frame {frame.Frame}: {ventricle.Area} pixels, {ventricle.AreaMm2 / 100:0.0} cm2, box {ventricle.Box}");   // mm² is null where the clip says no pixel size
        }
        #endregion
        Assert.That(output, Is.Not.Empty);
    }

    [Test]
    public void Report()
    {
        string models = Models, folder = Study, output = _folder.File("report");
        #region report
        using var predictor = EchoPredictor.Load(models);
        var pipeline = new StudyPipeline(predictor, new StudyOptions { MinimumViewConfidence = 0.6, BodySurfaceAreaM2 = 1.9 });
        StudyResult study = pipeline.Run(folder);
        foreach (var measure in study.Measures)
        {
            Say(measure.Value is { } value ? $"{measure.Title}: {value:0.0} {measure.Unit}" : $"{measure.Title}: {measure.Abstention}");
        }

        foreach (var clip in study.Clips)
        {
            Say($"{clip.Name}: {clip.Use}, {clip.Reason} {string.Join(", ", clip.Quality.Select(finding => finding.Code))}");
        }

        StudyReport.Write(output, study, new ReportOptions { KeyImages = true });
        #endregion
        Assert.That(File.Exists(Path.Combine(output, StudyReport.StructuredReportFile)));
    }

    [Test]
    public void Quality()
    {
        string path = Clip;
        #region quality
        var findings = new ClipQuality(new QualityOptions { MinimumFramesPerSecond = 30 }).Assess(ClipReader.Open(path));
        foreach (var finding in findings)
        {
            Say($"{finding.Severity}: {finding.Code}: {finding.Sentence}");
        }
        #endregion
    }

    [Test]
    public void Explain()
    {
        string models = Models, path = Clip, output = _folder.File("maps.png");
        #region explain
        using var predictor = EchoPredictor.Load(models);
        var maps = predictor.Explain(ClipReader.Open(path), frame: 3)!;
        Say($"{maps.Attention.Count} heads over {maps.GridHeight} x {maps.GridWidth} patches; {maps.OcclusionMeaning}");
        ExplanationPictures.Sheet(maps, "what the network looks at").Save(output);
        #endregion
        Assert.That(File.Exists(output));
    }

    [Test]
    public void Clips()
    {
        string path = Clip, output = _folder.File("copy.dcm");
        #region clips
        var clip = ClipReader.Open(path);                            // frames are decoded when they are asked for
        byte[] frame = clip.ReadFrame(0);                            // Height x Width x Channels bytes
        SectorCrop? sector = SectorFinder.TryFind(clip);             // null: do not pass the frame on, it may carry names
        var cropped = sector!.Apply(clip);                           // the sector alone, blank outside
        DicomClipWriter.Write(output, cropped, new DicomWriteOptions { Encoding = DicomPixelEncoding.JpegBaseline });
        Say($"{clip.Scanner}, {clip.View}, {clip.FramesPerSecond:0} frames a second, {frame.Length} bytes a frame; {string.Join(" ", cropped.Notes)}");
        #endregion
    }

    [Test]
    public void Regions_StandInTheCookbook()
    {
        Say("the cookbook");
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "cookbook.md"));
        string source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "EchoApex.Heads.Tests", "Cookbook", "CookbookTests.cs"));
        var regions = Region().Matches(source);
        Assert.That(regions, Has.Count.EqualTo(9));
        foreach (Match region in regions)
        {
            // Indentation of the method and the name for printing are not the reader's.
            string code = string.Join('\n', region.Groups[2].Value.Split('\n').Select(line => line.Length > 8 ? line[8..] : line.Trim())).Trim().Replace("Say(", "Console.WriteLine(", StringComparison.Ordinal);
            Assert.That(page, Does.Contain(code), region.Groups[1].Value);
        }
    }

    [GeneratedRegex(@"#region (\w+)\n(.*?)\n\s*#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();
}
