using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Video;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>The demonstration at its smallest: every part runs, nothing is learnt.</summary>
[Category("Integration")]
public sealed class DemoCommandTests
{
    [Test]
    public void Demo_Smallest_WritesTableAndPictures()
    {
        using var folder = new TemporaryFolder();
        AviClipWriter.Write(folder.File("own.avi"), PhantomGenerator.Generate(new PhantomOptions { ImageSize = 96, Frames = 2 }, 9, 0).Clip);
        string run = folder.File("run");
        var result = CommandLine.Run(
            "demo", "--out", run, "--seeds", "1", "--train-clips", "60", "--test-clips", "24", "--supervised-steps", "2", "--study-scale", "0.01",
            "--clip", folder.File("own.avi"), "--set", "optimization.epochs=1", "--set", "optimization.steps_per_epoch=4", "--set", "optimization.warmup_epochs=0");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string report = File.ReadAllText(Path.Combine(run, "report.md"));
        Assert.That(report, Does.Contain("raw pixels").And.Contain("untrained encoder").And.Contain("pretrained encoder").And.Contain("trained with labels"));
        Assert.That(report, Does.Contain("| value | truth of the first | measured |").And.Contain("Views right"));
        foreach (string file in new[] { "curves.png", "contact.png", "map.png", "clip.npy", "seed-0/pretrain/model/model.safetensors", "report/report.html", "report/report.json", "report/report.dcm" })
        {
            Assert.That(new FileInfo(Path.Combine(run, file)).Length, Is.GreaterThan(100), file);
        }
    }

    [Test]
    public void Demo_ClipThatCannotBeRead_StopsBeforeTheWork()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("own.dcm"), "not a clip");
        var result = CommandLine.Run("demo", "--out", folder.File("run"), "--clip", folder.File("own.dcm"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(Directory.Exists(folder.File("run")), Is.False);
    }
}
