using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

public sealed class PhantomCommandTests
{
    [Test]
    public void Phantom_SameSeed_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "a", "b" })
        {
            Assert.That(CommandLine.Run("phantom", "--out", folder.File(name), "--count", "2", "--frames", "2", "--size", "64", "--seed", "5", "--format", "both").ExitCode, Is.Zero);
        }

        string[] files = [.. Directory.EnumerateFiles(folder.File("a"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder.File("a"), path))];
        Assert.That(files, Has.Some.EndsWith(".dcm").And.Some.EndsWith(".avi").And.Some.EqualTo("manifest.csv"));
        foreach (string file in files)
        {
            Assert.That(File.ReadAllBytes(Path.Combine(folder.File("b"), file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(folder.File("a"), file))), file);
        }
    }

    [TestCase("--views", "A4C,XYZ", "XYZ")]
    [TestCase("--difficulty", "brutal", "brutal")]
    [TestCase("--size", "7", "7")]
    public void Phantom_BadOption_IsOneErrorAndWritesNothing(string option, string value, string named)
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run("phantom", "--out", folder.File("a"), "--count", "1", option, value);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.StartWith("error: ").And.Contain(named).And.Not.Contain("   at "));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase("--count", "2")]
    [TestCase("--format", "avi")]
    [TestCase("--dicom-encoding", "rle")]
    public void Phantom_StudyWithAnOptionOfSets_IsRefused(string option, string value)
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run("phantom", "--study", "--out", folder.File("a"), option, value);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain($"{option} does not go with --study"));
        Assert.That(Directory.Exists(folder.File("a")), Is.False);
    }

    [Test]
    public void Phantom_FolderInUse_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mine.txt"), "x");
        var result = CommandLine.Run("phantom", "--out", folder.Path, "--count", "1");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("not empty"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }
}
