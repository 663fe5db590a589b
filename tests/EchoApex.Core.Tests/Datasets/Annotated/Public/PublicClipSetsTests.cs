using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class PublicClipSetsTests
{
    private static readonly ReplicaOptions Tiny = new() { Count = 5, ImageSize = 64, Frames = 4, Traps = false };

    private static readonly Dictionary<string, Action<string>> Writers = new()
    {
        ["phantoms"] = folder => PhantomSetWriter.Write(folder, new PhantomSetOptions { Count = 2, Clip = new PhantomOptions { ImageSize = 64, Frames = 2 } }),
        ["echonet-dynamic"] = folder => EchoNetDynamicReplica.Write(folder, Tiny),
        ["echonet-lvh"] = folder => EchoNetLvhReplica.Write(folder, Tiny),
        ["echonet-pediatric"] = folder => EchoNetPediatricReplica.Write(folder, Tiny),
        ["camus"] = folder => CamusReplica.WriteNifti(folder, Tiny),
        ["tmed2"] = folder => Tmed2Replica.Write(folder, Tiny),
        ["unity"] = folder => UnityReplica.Write(folder, Tiny),
    };

    [Test]
    public void Names_AreThoseOfTheTests() => Assert.That(PublicClipSets.Names, Is.EqualTo(Writers.Keys));

    [TestCaseSource(nameof(Writers))]
    public void Read_WithoutName_FindsTheSet(KeyValuePair<string, Action<string>> set)
    {
        using var folder = new TemporaryFolder();
        set.Value(folder.Path);
        Assert.That(PublicClipSets.Detect(folder.Path), Is.EqualTo(set.Key));
        var clips = PublicClipSets.Read(folder.Path);
        Assert.That(clips.Clips, Is.Not.Empty);
        Assert.That(clips.Skipped, Is.Empty);
        Assert.That(PublicClipSets.Read(folder.Path, set.Key).Clips.Select(clip => clip.Name), Is.EqualTo(clips.Clips.Select(clip => clip.Name)));
        Assert.That(clips.Clips[0].Open().Height, Is.EqualTo(64));
    }

    [Test]
    public void Detect_OfSeveralSets_NamesThem()
    {
        using var folder = new TemporaryFolder();
        Tmed2Replica.Write(folder.File("a"), Tiny with { Count = 1 });
        UnityReplica.Write(folder.File("b"), Tiny with { Count = 1 });
        Assert.That(() => PublicClipSets.Read(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("several data sets (tmed2, unity)"));
        Assert.That(PublicClipSets.Read(folder.Path, "unity").Name, Is.EqualTo("Unity Imaging"));
    }

    [Test]
    public void Read_OfWhatIsNotThere_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(PublicClipSets.Detect(folder.Path), Is.Null);
        Assert.That(() => PublicClipSets.Read(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("holds none of the data sets that EchoApex reads (phantoms, echonet-dynamic"));
        Assert.That(() => PublicClipSets.Read(folder.Path, "mnist"), Throws.InstanceOf<EchoApexException>().With.Message.Contains("There is no data set 'mnist'"));
        Assert.That(() => PublicClipSets.Read(folder.File("gone")), Throws.InstanceOf<DataException>().With.Message.Contains("the folder does not exist"));
    }

    [Test]
    public void Read_WithOptions_TakesFoldAndView()
    {
        using var folder = new TemporaryFolder();
        EchoNetPediatricReplica.Write(folder.Path, Tiny);
        var set = PublicClipSets.Read(folder.Path, options: new PublicSetOptions { Fold = 3, View = "PSAX" });
        Assert.That(set.Clips.Select(clip => clip.View), Is.All.EqualTo("PSAX"));
        Assert.That(set.Of(DataSplit.Test).Count(), Is.EqualTo(1));
        Assert.That(set.Clips.ToList().FindIndex(clip => clip.Split == DataSplit.Test), Is.EqualTo(3));
        Assert.That(() => PublicClipSets.Read(folder.Path, options: new PublicSetOptions { Fold = 10 }), Throws.InstanceOf<EchoApexException>().With.Message.Contains("has no fold 10"));
    }

    [Test]
    public void Read_WithFoldOfASetThatHasNone_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Tmed2Replica.Write(folder.File("t"), Tiny with { Count = 1 });
        UnityReplica.Write(folder.File("u"), Tiny with { Count = 1 });
        Assert.That(() => PublicClipSets.Read(folder.File("u"), options: new PublicSetOptions { Fold = 0 }), Throws.InstanceOf<EchoApexException>().With.Message.Contains("'unity' has no folds"));
        Assert.That(PublicClipSets.Read(folder.File("t"), options: new PublicSetOptions { View = "a4c" }).Clips.Single().View, Is.EqualTo("A4C"));
        Assert.That(() => PublicClipSets.Read(folder.File("t"), options: new PublicSetOptions { View = "TEE" }), Throws.InstanceOf<DataException>().With.Message.Contains("no clip of view 'TEE'; there are A2C, A4C"));
    }
}
