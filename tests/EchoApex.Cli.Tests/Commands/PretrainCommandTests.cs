using System.CommandLine;
using EchoApex.Cli.Commands;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

public sealed class PretrainCommandTests
{
    [Test]
    public void Pretrain_UnknownKey_IsOneConfigurationError()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<ConfigurationException>(() => Invoke("--preset", "smoke-cpu", "--set", "head.prototype=8", "--data", folder.Path, "--out", folder.File("run")))!;
        Assert.That(error.Message, Is.EqualTo("preset smoke-cpu: head.prototype: unknown key (--set); did you mean 'head.prototypes'?"));
        Assert.That(Directory.Exists(folder.File("run")), Is.False, "nothing is written");
    }

    [Test]
    public void Pretrain_WithoutData_SaysWhatIsMissing()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => Invoke("--preset", "smoke-cpu", "--out", folder.File("run")), Throws.TypeOf<ConfigurationException>().With.Message.Contains("--data"));
    }

    [Test]
    public void Pretrain_WithoutRecipe_ListsThePresets()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => Invoke("--data", folder.Path, "--out", folder.File("run")), Throws.TypeOf<ConfigurationException>().With.Message.Contains("demo-cpu"));
    }

    [Test]
    public void Pretrain_OneFileForBothStages_RunsDinoThenDinov2FromIt()
    {
        using var folder = new TemporaryFolder();
        Assert.That(CommandLine.Run("phantom", "--count", "6", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);
        string config = folder.File("both.yaml");
        File.WriteAllText(config, "preset: smoke-cpu\ndata: {paths: [CLIPS]}\noptimization: {epochs: 1, steps_per_epoch: 4, warmup_epochs: 0}\nsecond_stage: {targets: {koleo_weight: 0.01}}\n".Replace("CLIPS", folder.File("clips"), StringComparison.Ordinal));

        var first = CommandLine.Run("pretrain", "--config", config, "--out", folder.File("one"));
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        var second = CommandLine.Run("pretrain", "--config", config, "--second-stage", folder.File("one"), "--out", folder.File("two"));
        Assert.That(second.ExitCode, Is.Zero, second.Error);

        string resolved = File.ReadAllText(Path.Combine(folder.File("two"), "config.yaml"));
        Assert.That(File.ReadAllText(Path.Combine(folder.File("one"), "config.yaml")), Does.Contain("stage: dino\n").And.Not.Contain("second_stage"));
        Assert.That(resolved, Does.Contain("stage: dinov2\n").And.Contain("koleo_weight: 0.01").And.Contain("learning_rate: 0.0005").And.Contain(folder.File("one")));
        var again = CommandLine.Run("pretrain", "--config", config, "--second-stage", folder.File("one"), "--resume", "--out", folder.File("two"));
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(again.Output, Does.Contain("complete already"));
    }

    [Test]
    public void Pretrain_SecondStageWithoutItsSection_SaysWhatToWrite()
    {
        using var folder = new TemporaryFolder();
        Assert.That(
            () => Invoke("--preset", "demo-cpu", "--second-stage", folder.Path, "--data", folder.Path, "--out", folder.File("run")),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("no section second_stage"));
    }

    private static int Invoke(params string[] args)
    {
        var root = new RootCommand();
        root.Subcommands.Add(PretrainCommand.Create());
        return root.Parse(["pretrain", .. args]).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
