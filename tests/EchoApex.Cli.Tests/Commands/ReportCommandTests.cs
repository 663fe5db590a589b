using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>A report by barely trained models: that it is written, not what it says.</summary>
[NoTensorLeaks]
public sealed class ReportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void Make()
    {
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
        using (var backbone = BackboneFactory.Create(config, new RandomStream(1)))
        {
            ModelFolder.Save(_folder.File("tiny"), backbone, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
        }

        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 24, Seed = 1, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 4 } });
        foreach (string task in new[] { "view", "measure" })
        {
            string[] own = task == "measure" ? ["--set", "measure.head.width=16", "--set", "measure.head.stem_width=16", "--set", "measure.views=[PLAX]"] : [];
            var result = CommandLine.Run(["finetune", task, "--model", _folder.File("tiny"), "--data", _folder.File("set"), "--out", Path.Combine(_folder.File("models"), task), "--set", "training.steps=1", "--set", "training.batch_size=2", "--set", "training.evaluations=0", .. own]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
        }

        var study = CommandLine.Run("phantom", "--study", "--out", _folder.File("examination"), "--size", "64", "--frames", "8", "--views", "A4C,PLAX");
        Assert.That(study.ExitCode, Is.Zero, study.Error);
        Assert.That(study.Output, Does.Contain("2 views"));
    }

    public void Dispose() => _folder.Dispose();

    private string Study => Path.Combine(_folder.File("examination"), "study");

    [Test]
    public void Report_OfAStudy_WritesItsFilesAndSaysWhatItFound()
    {
        string output = _folder.File("report");
        var result = CommandLine.Run("report", Study, "--models", _folder.File("models"), "--out", output, "--key-images", "--minimum-view-confidence", "0");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("2 clips: 2 read").And.Contain("No ejection fraction"));
        Assert.That(new[] { "report.json", "report.html", "report.dcm" }.Select(name => File.Exists(Path.Combine(output, name))), Has.All.True);
    }

    [Test]
    public void FinetunedViewModel_KnowsPicturesThatAreNoHeart()
    {
        Assert.That(File.Exists(Path.Combine(_folder.File("models"), "view", "model", "familiarity.safetensors")));
        string other = _folder.File("other");
        Directory.CreateDirectory(other);
        byte[] pixels = new byte[6 * 64 * 64];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i % 64, y = i / 64 % 64, t = i / 64 / 64;
            pixels[i] = (byte)(((x / 4) + (y / 4) + t) % 2 == 0 ? 250 : 40);
        }

        var clip = new EchoClip(new MemoryFrameStore(pixels, 6, 64, 64, 1), new ClipOrigin("tiles", "memory")) { FrameTimesMs = [0, 50, 100, 150, 200, 250], Spacing = new PixelSpacing(1, 1) };
        EchoApex.Core.Sources.Dicom.DicomClipWriter.Write(Path.Combine(other, "tiles.dcm"), clip);
        var result = CommandLine.Run("report", other, "--models", _folder.File("models"), "--out", _folder.File("report-other"), "--no-maps");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(File.ReadAllText(Path.Combine(_folder.File("report-other"), "report.json")), Does.Contain("not_cardiac").And.Contain("\"unusable\""));
        Assert.That(CommandLine.Run("report", other, "--models", _folder.File("models"), "--out", _folder.File("report-other"), "--no-maps", "--measure-unfamiliar").ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(Path.Combine(_folder.File("report-other"), "report.json")), Does.Contain("not_cardiac").And.Not.Contain("\"unusable\""));
    }

    [Test]
    public void Explain_OfAFrame_WritesAPicture()
    {
        string picture = _folder.File("maps.png");
        var result = CommandLine.Run("explain", Path.Combine(Study, "01-A4C.dcm"), "--models", _folder.File("models"), "--frame", "3", "--out", picture);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(new FileInfo(picture).Length, Is.GreaterThan(10_000));
        Assert.That(CommandLine.Run("explain", Path.Combine(Study, "01-A4C.dcm"), "--models", _folder.File("models"), "--frame", "99", "--out", picture).Error, Does.Contain("0 to 7"));
        Assert.That(CommandLine.Run("explain", Path.Combine(Study, "01-A4C.dcm"), "--models", _folder.File("models"), "--task", "ef", "--out", picture).ExitCode, Is.Not.Zero);
    }

    [Test]
    public void Report_OfNothing_SaysSo()
    {
        Directory.CreateDirectory(_folder.File("nothing"));
        var result = CommandLine.Run("report", _folder.File("nothing"), "--models", _folder.File("models"), "--out", _folder.File("none"));
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Error, Does.Contain("holds no clip"));
    }
}
