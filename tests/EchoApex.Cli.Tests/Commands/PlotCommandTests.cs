using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

public sealed class PlotCommandTests
{
    [Test]
    public void Plot_Run_WritesAPngAndSaysWhereItIs()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("metrics.jsonl"), "{\"step\": 1, \"loss\": 2.5}\n{\"step\": 2, \"loss\": 2}\n{\"st");
        var result = CommandLine.Run("plot", folder.Path);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("curves.png"));
        Assert.That(result.Error, Does.Contain("1 of 3 lines"));
        Assert.That(File.ReadAllBytes(folder.File("curves.png"))[..4], Is.EqualTo(new byte[] { 0x89, 0x50, 0x4e, 0x47 }));
    }

    [TestCase("--out", "x.jpg", ".png")]
    [TestCase("--smoothing", "1", "[0, 1)")]
    public void Plot_BadOption_IsOneLineAndExitCodeOne(string option, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("metrics.jsonl"), "{\"step\": 1, \"loss\": 2.5}\n");
        var result = CommandLine.Run("plot", folder.Path, option, value);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.StartWith("error: ").And.Contain(expected));
    }

    [Test]
    public void Plot_NoRun_IsOneLineAndExitCodeOne()
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run("plot", folder.File("absent"));
        Assert.That((result.ExitCode, result.Error.Trim().Split('\n').Length), Is.EqualTo((1, 1)));
        Assert.That(result.Error, Does.Contain("does not exist"));
    }
}
