using EchoApex.Testing;
using EchoApex.Training.Distributed;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>Who is alive, and who is not.</summary>
public sealed class RankBoardTests
{
    [Test]
    public void FindFailure_AllAlive_IsNull()
    {
        using var folder = new TemporaryFolder();
        using var first = Board(folder, 0);
        using var second = Board(folder, 1);

        Assert.That(first.FindFailure(), Is.Null);
        Assert.That(second.FindFailure(), Is.Null);
        Assert.That(first.NameMissing(0), Is.Null);
        Assert.That(first.NameMissing(1), Does.StartWith("Missing: process 1 (number ").And.Contain("is at call 0"));
    }

    [Test]
    public void FindFailure_OneHasFailed_SaysWhy()
    {
        using var folder = new TemporaryFolder();
        using var first = Board(folder, 0);
        using var second = Board(folder, 1);

        second.Fail("the disk is full.");

        Assert.That(first.FindFailure(), Does.StartWith("process 1 (number ").And.EndWith("failed: the disk is full."));
    }

    [Test]
    public void FindFailure_OneIsGone_SaysSo()
    {
        using var folder = new TemporaryFolder();
        using var first = Board(folder, 0);
        using (Board(folder, 1))
        {
            string file = folder.File("rank-00001.json");
            string text = File.ReadAllText(file);

            // Linux gives no process a number this large.
            File.WriteAllText(file, text.Replace($"\"process\":{Environment.ProcessId}", "\"process\":2000000000", StringComparison.Ordinal));

            Assert.That(first.FindFailure(), Does.Contain("process 1 (number 2000000000").And.Contain("is gone"));
        }

        Assert.That(first.FindFailure(), Is.Null, "one that has left in good order is not missed");
    }

    [Test]
    public void FindFailure_FilesOfAnEarlierStart_AreNotBelieved()
    {
        using var folder = new TemporaryFolder();
        using var earlier = new RankBoard(folder.Path, new AbsentProcesses(1, 2), "yesterday");
        earlier.Fail("long ago");
        using var first = Board(folder, 0);

        Assert.That(first.FindFailure(), Is.Null);
    }

    [Test]
    public void FindFailure_DamagedFile_IsNoFailure()
    {
        using var folder = new TemporaryFolder();
        using var first = Board(folder, 0);
        File.WriteAllText(folder.File("rank-00001.json"), "{\"run\":");

        Assert.That(first.FindFailure(), Is.Null);
    }

    private static RankBoard Board(TemporaryFolder folder, int rank) => new(folder.Path, new AbsentProcesses(rank, 2), "today");
}
