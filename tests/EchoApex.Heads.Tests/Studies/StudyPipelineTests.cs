using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Quality;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Studies;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Studies;

public sealed class StudyPipelineTests
{
    private static readonly PhantomStudyOptions Small = new() { Seed = 3, Index = 1, Clip = new PhantomOptions { ImageSize = 144, Frames = 56, Beats = 2.9 } };

    private static readonly Lazy<IReadOnlyList<PhantomClip>> Study = new(() => PhantomStudyWriter.Generate(Small));

    private static StudyResult Run(TruthModels models, StudyOptions? options = null) =>
        new StudyPipeline(models, options).Run([.. Study.Value.Select(phantom => phantom.Clip)], "phantom");

    [Test]
    public async Task RunAsync_OfClips_IsRunOnAnotherThreadAndStops()
    {
        var clips = Study.Value.Select(phantom => phantom.Clip).ToList();
        var pipeline = new StudyPipeline(new TruthModels(Study.Value), null);
        using var stop = new CancellationTokenSource();
        var stopping = new SynchronousProgress(_ => stop.Cancel());
        Assert.That(async () => await pipeline.RunAsync(clips, "phantom", stopping, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        var study = await pipeline.RunAsync(clips, "phantom");
        Assert.That(Text(study), Is.EqualTo(Text(Run(new TruthModels(Study.Value)))));
    }

    [Test]
    public void Run_OfOneHeartInFourViews_MeasuresWhatIsTrue()
    {
        var truth = Study.Value[0].Truth;
        var study = Run(new TruthModels(Study.Value));
        Assert.Multiple(() =>
        {
            Assert.That(study.Find(MeasureNames.EdvBiplane)!.Value, Is.EqualTo(truth.EndDiastolicVolumeMl).Within(7).Percent);
            Assert.That(study.Find(MeasureNames.EsvBiplane)!.Value, Is.EqualTo(truth.EndSystolicVolumeMl).Within(9).Percent);
            Assert.That(study.Find(MeasureNames.EfBiplane)!.Value, Is.EqualTo(truth.EjectionFractionPercent).Within(3));
            Assert.That(study.Find(MeasureNames.EfRegression)!.Value, Is.EqualTo(truth.EjectionFractionPercent).Within(0.01));
            Assert.That(study.Find(MeasureNames.HeartRate)!.Value, Is.EqualTo(truth.HeartRateBpm).Within(4));
            Assert.That(study.Find(MeasureNames.EfA4c)!.Beats, Is.AtLeast(2));
            Assert.That(study.Find(MeasureNames.EfA4c)!.BeatDeviation, Is.LessThan(4));
            Assert.That(study.Measures.Where(measure => measure.Abstention is not null).Select(measure => measure.Name), Is.Empty);
            Assert.That(study.Checks.Where(check => check.Outcome == CheckOutcome.Failed && check.Code is "ef_methods" or "phases" or "heart_rate"), Is.Empty);
            Assert.That(study.Clips.Select(clip => clip.View), Is.EqualTo(new[] { "A4C", "A2C", "PLAX", "PSAX_PM" }));
            Assert.That(study.Clips[3].Quality.Select(finding => finding.Code), Does.Contain(QualityCodes.WrongView));
            Assert.That(study.KeyFrames, Has.Count.EqualTo(6));
            Assert.That(study.Summary[0], Does.Contain("biplane"));
        });
    }

    [Test]
    public void Run_Lengths_AreThoseOfTheLandmarks()
    {
        var plax = Study.Value[2];
        var study = Run(new TruthModels(Study.Value));
        var source = study.Find(MeasureNames.LvidD)!.Sources.Single();
        var points = plax.Truth.Landmarks[source.Frame].ToDictionary(point => point.Name);
        double expected = plax.Truth.Spacing.XMm * Math.Sqrt(Math.Pow(points["lvid_end"].X - points["lvid_start"].X, 2) + Math.Pow(points["lvid_end"].Y - points["lvid_start"].Y, 2));
        Assert.That(study.Find(MeasureNames.LvidD)!.Value, Is.EqualTo(expected).Within(1e-9));
        Assert.That(study.Find(MeasureNames.LvMass)!.Value, Is.GreaterThan(50));
    }

    [Test]
    public void Run_WithBodySurfaceAreaAndSex_IndexesTheMassAndNamesTheGeometry()
    {
        var plain = Run(new TruthModels(Study.Value));
        Assert.That(plain.Find(MeasureNames.LvMassIndex), Is.Null);
        var study = Run(new TruthModels(Study.Value), new StudyOptions { BodySurfaceAreaM2 = 1.6, Sex = Sex.Female });
        double mass = study.Find(MeasureNames.LvMass)!.Value!.Value, index = study.Find(MeasureNames.LvMassIndex)!.Value!.Value;
        Assert.That(index, Is.EqualTo(mass / 1.6).Within(1e-9));
        string geometry = LvMass.Classify(index, study.Find(MeasureNames.RelativeWallThickness)!.Value!.Value, Sex.Female) switch
        {
            LvGeometryClass.Normal => "normal geometry",
            LvGeometryClass.ConcentricRemodeling => "concentric remodeling",
            LvGeometryClass.ConcentricHypertrophy => "concentric hypertrophy",
            _ => "eccentric hypertrophy",
        };
        Assert.That(study.Summary, Has.Some.Contains(FormattableString.Invariant($"; LV mass {mass:0} g, {index:0} g/m², {geometry}.")));
    }

    [Test]
    public void Run_WhereMethodsDisagree_SaysSo()
    {
        var study = Run(new TruthModels(Study.Value) { EjectionFractionError = 25 });
        Assert.That(study.Checks.Single(check => check.Code == "ef_methods").Outcome, Is.EqualTo(CheckOutcome.Failed));
        Assert.That(study.Summary, Has.Some.StartsWith("Check: The ejection fraction by regression"));
    }

    [Test]
    public void Run_WithMasksThatAreNotTrusted_AbstainsFromVolumesAlone()
    {
        var study = Run(new TruthModels(Study.Value) { MaskQuality = 0.3 });
        Assert.That(study.Find(MeasureNames.EdvBiplane)!.Abstention, Does.Contain("not trusted"));
        Assert.That(study.Find(MeasureNames.EfRegression)!.Value, Is.Not.Null);
        Assert.That(study.Find(MeasureNames.LvidD)!.Value, Is.Not.Null);
        Assert.That(Run(new TruthModels(Study.Value) { MaskQuality = 0.3 }, new StudyOptions { MinimumMaskQuality = 0.2 }).Find(MeasureNames.EdvBiplane)!.Value, Is.Not.Null);
    }

    [Test]
    public void Run_OfSeveralClipsOfAView_TakesTheSurestAndSaysWhyNotTheOther()
    {
        var other = PhantomGenerator.Generate(Small.Clip with { Views = [PhantomView.A4C] }, 91, 2);
        PhantomClip[] phantoms = [other, .. Study.Value];
        var models = new TruthModels(phantoms) { Views = clip => (phantoms.First(phantom => phantom.Clip == clip).Truth.View.ToString(), clip == other.Clip ? 0.6 : 0.95) };
        var study = new StudyPipeline(models, null).Run([.. phantoms.Select(phantom => phantom.Clip)], "two");
        var choice = study.Choices.Single(choice => choice.Purpose == "A4C");
        Assert.That(choice.Clip, Is.EqualTo(2));
        Assert.That(choice.Reason, Does.Contain("best of 2"));
        Assert.That(choice.Rejected.Single().Clip, Is.EqualTo(1));
        Assert.That(choice.Rejected.Single().Reason, Does.Contain("confidence 0.95"));
        Assert.That(study.Clips[0].Use, Is.EqualTo(ClipUse.NotMeasured));
    }

    [Test]
    public void Run_WithoutAnApicalClip_AbstainsAndNamesTheReason()
    {
        var study = new StudyPipeline(new TruthModels(Study.Value), null).Run([Study.Value[2].Clip], "plax alone");
        Assert.That(study.Find(MeasureNames.EfBiplane)!.Abstention, Does.StartWith("No clip was recognised as A4C"));
        Assert.That(study.Find(MeasureNames.LvidD)!.Value, Is.Not.Null);
        Assert.That(study.Checks.Single(check => check.Code == "ef_methods").Outcome, Is.EqualTo(CheckOutcome.NotPossible));
    }

    [Test]
    public void Run_OfAFolderWithBadClips_ReportsEachWithItsReason()
    {
        using var folder = new TemporaryFolder();
        var bad = BadStudy.Write(folder.Path, Small);
        var study = new StudyPipeline(new TruthModels(bad.Readable) { Views = bad.View }, null).Run(folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(Clip("1-corrupt").Use, Is.EqualTo(ClipUse.Unreadable));
            Assert.That(Clip("1-corrupt").Reason, Does.StartWith("It cannot be read"));
            Assert.That(Clip("2-no-spacing").Quality.Select(finding => finding.Code), Does.Contain(QualityCodes.NoSpacing));
            Assert.That(Clip("2-no-spacing").Reason, Does.Contain("how large a pixel is"));
            Assert.That(Clip("3-other-organ").Quality[0].Code, Is.EqualTo(QualityCodes.NotCardiac));
            Assert.That(Clip("3-other-organ").Reason, Does.Contain("ABDOMEN"));
            Assert.That(Clip("4-still").Quality[0].Code, Is.EqualTo(QualityCodes.SingleFrame));
            Assert.That(Clip("4-still").Reason, Does.Contain("still image"));
            Assert.That(Clip("5-damaged-head").Use, Is.EqualTo(ClipUse.Unreadable));
            Assert.That(study.Find(MeasureNames.EfA4c)!.Value, Is.Not.Null, "the good clip is measured all the same");
            Assert.That(study.Find(MeasureNames.EdvBiplane)!.Abstention, Is.Not.Null);
        });
        StudyClip Clip(string name) => study.Clips.Single(clip => clip.Name.StartsWith(name, StringComparison.Ordinal));
    }

    [Test]
    public void Run_OfClipsOfTwoPatients_DoesNotCombineTheirViews()
    {
        using var folder = new TemporaryFolder();
        DicomClipWriter.Write(folder.File("a.dcm"), Study.Value[0].Clip, new DicomWriteOptions { StudySeed = "one" });
        DicomClipWriter.Write(folder.File("b.dcm"), Study.Value[1].Clip, new DicomWriteOptions { StudySeed = "two" });
        var study = new StudyPipeline(new TruthModels(Study.Value), null).Run(folder.Path);
        Assert.That(study.Checks.Single(check => check.Code == "one_patient").Outcome, Is.EqualTo(CheckOutcome.Failed));
        Assert.That(study.Find(MeasureNames.EdvBiplane)!.Abstention, Does.Contain("more than one patient"));
        Assert.That(study.Find(MeasureNames.EdvA4c)!.Value, Is.Not.Null);
    }

    [Test]
    public void Run_WhenAFrameFailsWhileMeasuring_GivesUpThatClipAndGoesOn()
    {
        var models = new TruthModels(Study.Value) { OnSegment = clip => throw new DataException(clip.Origin.Path, "is cut short.", frame: 7) };
        var study = Run(models);
        Assert.That(study.Find(MeasureNames.EfA4c)!.Abstention, Does.Contain("given up").And.Contain("frame 7"));
        Assert.That(study.Find(MeasureNames.LvidD)!.Value, Is.Not.Null);
    }

    [Test]
    public void Run_OfTheSameClips_IsTheSame()
    {
        string first = Text(Run(new TruthModels(Study.Value)));
        string second = Text(Run(new TruthModels(Study.Value)));
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void Run_OfAFolderWithoutClips_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => new StudyPipeline(new TruthModels(Study.Value), null).Run(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("holds no clip"));
    }

    private static string Text(StudyResult study) => StudyJson.Serialize(study, DateTimeOffset.UnixEpoch);

    private sealed class SynchronousProgress(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
