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
    public void FindFailure_OneIsSilent_SaysSoUnlessThisProcessHasJustStoodStillItself()
    {
        using var folder = new TemporaryFolder();
        var clock = new SetClock();
        using var first = new RankBoard(folder.Path, new AbsentProcesses(0, 2), "today", clock);
        using var second = Board(folder, 1);
        second.Dispose();
        string file = folder.File("rank-00001.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"left\":true", "\"left\":false", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-4));

        clock.Advance(TimeSpan.FromSeconds(2));
        first.BeatNow();
        Assert.That(first.FindFailure(), Does.StartWith("process 1 (number ").And.Contain("has been silent for 24"));

        clock.Advance(TimeSpan.FromHours(1));
        first.BeatNow();
        Assert.That(first.FindFailure(), Is.Null, "the other may wake up yet");

        for (int beat = 0; beat < 100; beat++)
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            first.BeatNow();
        }

        Assert.That(first.FindFailure(), Does.Contain("has been silent"), "it has not");
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
