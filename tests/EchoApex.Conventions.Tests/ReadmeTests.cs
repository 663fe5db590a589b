using EchoApex.Testing;

namespace EchoApex.Conventions.Tests;

/// <summary>The README shows code that is compiled and run, and commands that exist.</summary>
public sealed class ReadmeTests
{
    private static string Readme => File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Test]
    public void Snippet_IsTheConsumersProgram() =>
        Assert.That(Readme, Does.Contain(File.ReadAllText(Path.Combine(Repository.Root, "eng", "consumer", "Program.cs")).TrimEnd()));

    [Test]
    public void Versions_AreThoseOfTheBuild()
    {
        string packages = File.ReadAllText(Path.Combine(Repository.Root, "Directory.Packages.props"));
        foreach (string version in new[] { "0.107.0", "2.10.0", "4.13.0.20260627" })
        {
            Assert.That(packages, Does.Contain(version));
            Assert.That(Readme, Does.Contain(version));
        }
    }

    [TestCase("doctor")]
    [TestCase("inspect")]
    [TestCase("convert")]
    [TestCase("phantom")]
    [TestCase("ingest")]
    [TestCase("import")]
    [TestCase("pretrain")]
    [TestCase("replay")]
    [TestCase("plot")]
    [TestCase("embed")]
    [TestCase("probe")]
    [TestCase("learning-curve")]
    [TestCase("finetune")]
    [TestCase("evaluate")]
    [TestCase("predict")]
    [TestCase("report")]
    [TestCase("explain")]
    [TestCase("demo")]
    public void Command_OfTheReadme_Exists(string name)
    {
        Assert.That(Readme, Does.Match($@"(echoapex|build\.sh) {name}\b"));
        Assert.That(File.ReadAllText(Path.Combine(Repository.Root, "src", "EchoApex.Cli", "Commands", "CommandCatalog.cs")), Does.Contain($"{string.Concat(name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]))}Command.Create()"));
    }
}
