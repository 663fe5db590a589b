using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Runtime;

public sealed class AtomicOutputTests
{
    [Test]
    public void WriteFile_FailureHalfway_KeepsTheOldFileAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.bin");
        File.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicOutput.WriteFile(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void CreateFolder_Success_AppearsWhole()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("out/deep");
        AtomicOutput.CreateFolder(path, inside => File.WriteAllText(Path.Combine(inside, "x"), "1"));
        Assert.That(File.ReadAllText(Path.Combine(path, "x")), Is.EqualTo("1"));
        Assert.That(Directory.GetDirectories(folder.File("out")), Has.Length.EqualTo(1));
    }

    [Test]
    public void CreateFolder_Failure_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<InvalidOperationException>(() => AtomicOutput.CreateFolder(folder.File("out"), inside =>
        {
            File.WriteAllText(Path.Combine(inside, "x"), "1");
            throw new InvalidOperationException();
        }));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void CreateFolder_NotEmpty_IsRefusedAndKept()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mine"), "1");
        var error = Assert.Throws<EchoApexException>(() => AtomicOutput.CreateFolder(folder.Path, _ => Assert.Fail("must not be called")));
        Assert.That(error!.Message, Does.Contain(folder.Path).And.Contain("not empty"));
        Assert.That(File.Exists(folder.File("mine")), Is.True);
    }
}
