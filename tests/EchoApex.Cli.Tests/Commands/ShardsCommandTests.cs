using EchoApex.Core.Arrays;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Runs <c>echoapex shards</c> and <c>echoapex embed</c> on a few phantoms.</summary>
[NoTensorLeaks]
public sealed class ShardsCommandTests : IDisposable
{
    private TemporaryFolder _folder = null!;

    [OneTimeSetUp]
    public void MakePhantoms()
    {
        _folder = new TemporaryFolder();
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 3, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 4 } });
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Pack_PhantomSet_TakesViewsFromItsManifestAndSaysThatNothingIsDeidentified()
    {
        using var folder = new TemporaryFolder();
        var result = Pack(folder.Path);
        Assert.That(result.Output, Does.Contain("3 clips, 12 frames in 1 shards").And.Contain("3 clips added, 0 were there, 0 left out. Nothing was de-identified."));
        Assert.That(Pack(folder.Path).Output, Does.Contain("0 clips added, 3 were there"));
        using var set = ShardSet.Open(folder.Path);
        Assert.That(Enumerable.Range(0, 3).Select(i => set.ReadInfo(i).View), Has.None.Null);
    }

    [Test]
    public void Stat_Set_SaysWhatItHolds()
    {
        using var folder = new TemporaryFolder();
        Pack(folder.Path);
        var result = CommandLine.Run("shards", "stat", folder.Path);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("clips        3").And.Contain("frames       12; a clip has 4 to 4, median 4").And.Contain("patients     3"));
    }

    [Test]
    public void VerifyAndRepair_DamagedFrame_NameItAndKeepTheRest()
    {
        using var folder = new TemporaryFolder();
        Pack(folder.Path);
        Assert.That(CommandLine.Run("shards", "verify", folder.Path, "--decode").Output, Does.Contain("3 clips, 12 frames: all is well."));
        string tar = folder.File("shard-000000.tar");
        byte[] bytes = File.ReadAllBytes(tar);
        int at = bytes.AsSpan().IndexOf(".000002.jpg"u8) / 512 * 512;
        bytes[at + 512 + 300] ^= 1;
        File.WriteAllBytes(tar, bytes);

        var verified = CommandLine.Run("shards", "verify", folder.Path);
        Assert.That((verified.ExitCode, verified.Output), Is.EqualTo((1, verified.Output)));
        Assert.That(verified.Output, Does.Contain("frame 2: it is damaged: its checksum does not hold").And.Contain("1 faults"));

        var repaired = CommandLine.Run("shards", "repair", folder.Path);
        Assert.That(repaired.ExitCode, Is.EqualTo(1), "a clip was lost");
        Assert.That(repaired.Output, Does.Contain("  lost: ").And.Contain("1 shards, 1 repaired, 2 clips kept, 1 lost."));
        Assert.That(CommandLine.Run("shards", "verify", folder.Path).ExitCode, Is.Zero);
        Assert.That(CommandLine.Run("shards", "repair", folder.Path).Output, Does.Contain("1 shards, 0 repaired, 2 clips kept, 0 lost."));
    }

    [Test]
    public void Embed_Shards_GivesARowAFrameByTheClipsKeys()
    {
        using var folder = new TemporaryFolder();
        Pack(folder.File("shards"));
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 1, Heads = 3 };
        using (var backbone = BackboneFactory.Create(config, new RandomStream(1)))
        {
            ModelFolder.Save(folder.File("model"), backbone, new Preprocessing { ImageSize = 32 }, new ModelInfo { Name = "tiny" });
        }

        var result = CommandLine.Run("embed", folder.File("shards"), "--model", folder.File("model"), "--out", folder.File("out.npy"));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        var rows = NumpyFile.Read<float>(folder.File("out.npy"));
        Assert.That(rows.Shape, Is.EqualTo(new long[] { 12, 24 }));
        Assert.That(rows.Values, Is.All.Matches<float>(float.IsFinite));
        string[] index = File.ReadAllLines(folder.File("out.npy.index.csv"));
        using var set = ShardSet.Open(folder.File("shards"));
        Assert.That(index[1], Is.EqualTo($"0,{set.ReadKey(0).Key},0"));
        Assert.That(index, Has.Length.EqualTo(13));
    }

    [Test]
    public void Pack_OptionOutOfRange_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run("shards", "pack", _folder.File("set"), "--out", folder.File("out"), "--quality", "0", "--prefix", "");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("quality").And.Contain("prefix"));
        Assert.That(Directory.Exists(folder.File("out")), Is.False);
    }

    [Test]
    public void Pack_ManifestOfAnotherKind_NamesARemedyThatExists()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("clips"));
        File.WriteAllText(folder.File("clips/manifest.csv"), "clip,split\na,train\n");
        var result = CommandLine.Run("shards", "pack", folder.File("clips"), "--out", folder.File("out"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("has no column 'path'").And.Contain("--list").And.Not.Contain("--path-column"));
    }

    private CommandLine Pack(string output)
    {
        var result = CommandLine.Run("shards", "pack", _folder.File("set"), "--out", output, "--workers", "2");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result;
    }
}
