using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Phantoms;

public sealed class PhantomStudyWriterTests
{
    [Test]
    public void Write_IsOneHeartInSeveralViewsOfOneStudy()
    {
        using var folder = new TemporaryFolder();
        var options = new PhantomStudyOptions { Seed = 4, Index = 2, Clip = new PhantomOptions { ImageSize = 48, Frames = 6 } };
        var truths = PhantomStudyWriter.Write(folder.File("s"), options);
        string[] files = [.. ClipReader.EnumerateClips(Path.Combine(folder.File("s"), PhantomStudyWriter.ImageFolder))];
        Assert.That(files.Select(Path.GetFileName), Is.EqualTo(new[] { "01-A4C.dcm", "02-A2C.dcm", "03-PLAX.dcm", "04-PSAX.dcm" }));
        Assert.That(truths.Select(truth => (truth.EndDiastolicVolumeMl, truth.EjectionFractionPercent, truth.HeartRateBpm)).Distinct().Count(), Is.EqualTo(1));
        Assert.That(files.Select(file => DicomReference.TryRead(file)!.StudyUid).Distinct().Count(), Is.EqualTo(1));
        Assert.That(files.Select(file => DicomReference.TryRead(file)!.InstanceUid).Distinct().Count(), Is.EqualTo(4));
        Assert.That(Directory.GetFiles(Path.Combine(folder.File("s"), PhantomStudyWriter.TruthFolder)), Has.Length.EqualTo(4));
    }
}
