using EchoApex.Core.Phantoms;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>
/// Kills <c>echoapex shards pack</c> at random moments, starts it again, and asks for the bytes of a run that was left alone. The
/// environment of <see cref="KilledProgram"/> says how often.
/// </summary>
[Category("integration")]
[NonParallelizable]
public sealed class ShardsKillTests
{
    [Test]
    public void Pack_KilledAtRandomMomentsAndStartedAgain_GivesTheBytesOfOneRun()
    {
        using var folder = new TemporaryFolder();
        PhantomSetWriter.Write(folder.File("set"), new PhantomSetOptions { Count = 20, Avi = false, Truth = false, Clip = new PhantomOptions { ImageSize = 96, Frames = 48 } });
        KilledProgram.RequireSameBytes(
            folder,
            target => ["shards", "pack", folder.File("set"), "--out", target, "--shard-mb", "1", "--workers", "2"],
            names => Assert.That(names, Has.Count.GreaterThanOrEqualTo(7), "three shards at least"),
            names => TestContext.Out.WriteLine(string.Join(' ', names)));
    }
}
