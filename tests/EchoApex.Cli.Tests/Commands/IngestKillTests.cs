using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>
/// Kills <c>echoapex ingest</c> at random moments, starts it again, and asks for the bytes of a run that was left alone: shards, index,
/// manifests, audits, tables and DICOM files. The environment of <see cref="KilledProgram"/> says how often.
/// </summary>
[Category("integration")]
[NonParallelizable]
public sealed class IngestKillTests
{
    [Test]
    public void Ingest_KilledAtRandomMomentsAndStartedAgain_GivesTheBytesOfOneRun()
    {
        using var folder = new TemporaryFolder();
        ScannerExport.Write(folder.File("export"), 24, new ScannerOptions { Frames = 24, Size = (400, 320), Still = false }, seed: 31);
        File.WriteAllText(folder.File("key"), "0123456789abcdef0123456789abcdef");
        int shards = 0, betweenShards = 0;
        KilledProgram.RequireSameBytes(
            folder,
            target => ["ingest", folder.File("export"), "--out", target, "--key", folder.File("key"), "--shard-megabytes", "1", "--workers", "2", "--dicom"],
            names =>
            {
                shards = Shards(names);
                Assert.That(shards, Is.GreaterThanOrEqualTo(6), "shards finish while the run goes on");
            },
            names =>
            {
                betweenShards += Shards(names) > 0 && Shards(names) < shards ? 1 : 0;
                TestContext.Out.WriteLine($"{Shards(names)} of {shards} shards, {names.Count(name => name.StartsWith("audit", StringComparison.Ordinal))} audits");
            });
        TestContext.Out.WriteLine($"{betweenShards} of the kills fell between two shards");
        Assert.That(betweenShards, KilledProgram.Kills < 10 ? Is.GreaterThanOrEqualTo(0) : Is.GreaterThan(KilledProgram.Kills / 4), "kills that fell while some shards were finished and others were not");
    }

    private static int Shards(IEnumerable<string> names) => names.Count(name => name.StartsWith("shard-", StringComparison.Ordinal) && name.EndsWith(".tar", StringComparison.Ordinal));
}
