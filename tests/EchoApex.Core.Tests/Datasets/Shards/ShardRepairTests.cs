using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class ShardRepairTests
{
    [Test]
    public void Run_NothingWrong_ChangesNothing()
    {
        using var folder = Make();
        var before = ShardClips.Contents(folder.Path);
        Assert.That(ShardRepair.Run(folder.Path).SelectMany(report => report.Actions), Is.Empty);
        Assert.That(ShardClips.Contents(folder.Path), Is.EqualTo(before));
        Assert.That(ShardVerifier.Run(folder.Path, decode: true), Is.Empty);
    }

    [Test]
    public void Run_LostIndexAndList_MakesThemAgainToTheByte()
    {
        using var folder = Make();
        var before = ShardClips.Contents(folder.Path);
        File.Delete(folder.File("shard-000000.idx"));
        File.Delete(folder.File("shards.json"));
        var report = ShardRepair.Run(folder.Path).Single();
        Assert.That(report.Actions.Single(), Does.Contain("missing"));
        Assert.That(report.Lost, Is.Empty);
        Assert.That(ShardClips.Contents(folder.Path), Is.EqualTo(before));
    }

    [TestCase(0)]
    [TestCase(40)]
    [TestCase(130)]
    [TestCase(300)]
    public void Run_DamagedIndex_MakesItAgainToTheByte(int offset)
    {
        using var folder = Make();
        var before = ShardClips.Contents(folder.Path);
        ShardFiles.Damage(folder.File("shard-000000.idx"), offset);
        ShardRepair.Run(folder.Path);
        Assert.That(ShardClips.Contents(folder.Path), Is.EqualTo(before));
    }

    [Test]
    public void Run_TornArchive_KeepsTheWholeClipsAndNamesTheLostOnes()
    {
        using var folder = Make();
        string tar = folder.File("shard-000000.tar");
        byte[] bytes = File.ReadAllBytes(tar);
        long cut = ShardFiles.Find(tar, "clip-0003.000001.jpg").Start + 10;
        File.WriteAllBytes(tar, bytes[..(int)cut]);
        Assert.That(ShardVerifier.Run(folder.Path).Select(finding => finding.Message), Has.Some.Contains("beyond the end"));

        var report = ShardRepair.Run(folder.Path).Single();
        Assert.Multiple(() =>
        {
            Assert.That((report.Kept, report.Lost), Is.EqualTo((3, new[] { "clip-0003" })));
            Assert.That(report.Faults, Has.Some.Contains("clip-0003").And.Some.Contains("cut short").Or.Some.Contains("does not lie within"));
            Assert.That(File.ReadAllBytes(tar + ".damaged"), Has.Length.EqualTo(cut), "nothing is deleted");
            Assert.That(ShardVerifier.Run(folder.Path, decode: true), Is.Empty);
        });

        // As if the lost clip had never been there.
        using var expected = new TemporaryFolder();
        ShardClips.Write(expected.Path, Enumerable.Range(0, 3).Select(i => ShardClips.Make(i)));
        Assert.That(File.ReadAllBytes(tar), Is.EqualTo(File.ReadAllBytes(expected.File("shard-000000.tar"))));
        Assert.That(ShardRepair.Run(folder.Path).Single().Actions, Is.Empty, "a second repair finds nothing to do");
    }

    [TestCase("clip-0001.000002.jpg", "frame 2")]
    [TestCase("clip-0001.mask.png", "its mask is damaged")]
    [TestCase("clip-0001.json", "its .json is damaged")]
    public void Run_DamagedRecord_IsNamedByVerifyAndDroppedByRepair(string member, string message)
    {
        using var folder = Make();
        string tar = folder.File("shard-000000.tar");
        ShardFiles.DamageMember(tar, member);
        var finding = ShardVerifier.Run(folder.Path).Single();
        Assert.That((finding.File, finding.Clip), Is.EqualTo((tar, "clip-0001")));
        Assert.That(finding.ToString(), Does.Contain(message));

        var report = ShardRepair.Run(folder.Path).Single();
        Assert.That((report.Kept, report.Lost), Is.EqualTo((3, new[] { "clip-0001" })));
        Assert.That(ShardVerifier.Run(folder.Path, decode: true), Is.Empty);
        using var set = ShardSet.Open(folder.Path);
        Assert.That(Enumerable.Range(0, 3).Select(i => set.ReadKey(i).Key), Is.EqualTo(new[] { "clip-0000", "clip-0002", "clip-0003" }));
    }

    [Test]
    public void Verify_ChangedHeader_IsFoundThoughNoRecordIsBad()
    {
        using var folder = Make();
        string tar = folder.File("shard-000000.tar");
        ShardFiles.Damage(tar, ShardFiles.Find(tar, "clip-0001.000000.jpg").Start - 512 + 100);
        Assert.That(ShardVerifier.Run(folder.Path).Single().Message, Does.Contain("SHA-256"));
        Assert.That(ShardRepair.Run(folder.Path).Single().Lost, Is.EqualTo(new[] { "clip-0001" }), "a header that does not hold cannot be trusted");
    }

    [Test]
    public void Verify_ArchiveThatTheListDoesNotName_IsFound()
    {
        using var folder = Make();
        using var other = Make();
        File.Copy(other.File("shard-000000.tar"), folder.File("x-000000.tar"));
        Assert.That(ShardVerifier.Run(folder.Path).Single().Message, Does.Contain("is not in shards.json"));
    }

    [Test]
    public void Run_NoClipIsWhole_PutsTheArchiveAside()
    {
        using var folder = Make();
        ShardClips.Write(folder.Path, [ShardClips.Make(9)], ShardClips.Options with { Prefix = "b" });
        File.WriteAllBytes(folder.File("shard-000000.tar"), new byte[3000].Select(_ => (byte)7).ToArray());
        var report = ShardRepair.Run(folder.Path).Single(report => report.Kept == 0);
        Assert.That(report.Lost, Has.Count.EqualTo(4), "the index still knew their names");
        Assert.That(ShardManifest.Read(folder.Path).Shards.Select(shard => shard.Name), Is.EqualTo(new[] { "b-000000.tar" }));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void Run_WholeShardPutAside_CanBeCompletedByAWriter(int damaged)
    {
        using var folder = new TemporaryFolder();
        foreach (int shard in Enumerable.Range(0, 3))
        {
            // Each writer ends its shard, so that there are three.
            ShardClips.Write(folder.Path, Enumerable.Range(shard * 2, 2).Select(i => ShardClips.Make(i)));
        }

        File.WriteAllBytes(folder.File($"shard-{damaged:D6}.tar"), new byte[3000].Select(_ => (byte)7).ToArray());
        Assert.That(ShardRepair.Run(folder.Path).Sum(report => report.Lost.Count), Is.EqualTo(2));
        using (var writer = ShardWriter.Open(folder.Path, ShardClips.Options))
        {
            int[] missing = [.. Enumerable.Range(0, 6).Where(i => !writer.Contains(ShardClips.Make(i).Key))];
            Assert.That(missing, Is.EqualTo(new[] { 2 * damaged, (2 * damaged) + 1 }));
            foreach (int clip in missing)
            {
                writer.Add(EncodedClip.Encode(ShardClips.Make(clip), ShardClips.Options));
            }

            writer.Complete();
        }

        Assert.That(ShardVerifier.Run(folder.Path, decode: true), Is.Empty);
        using var set = ShardSet.Open(folder.Path);
        Assert.That(set.Count, Is.EqualTo(6));
    }

    [Test]
    public void Run_EmptyFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ShardRepair.Run(folder.Path), Throws.TypeOf<DataException>());
    }

    private static TemporaryFolder Make()
    {
        var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, Enumerable.Range(0, 4).Select(i => ShardClips.Make(i)));
        return folder;
    }
}
