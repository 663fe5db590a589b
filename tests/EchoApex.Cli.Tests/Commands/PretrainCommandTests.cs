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

    private static int Invoke(params string[] args)
    {
        var root = new RootCommand();
        root.Subcommands.Add(PretrainCommand.Create());
        return root.Parse(["pretrain", .. args]).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
