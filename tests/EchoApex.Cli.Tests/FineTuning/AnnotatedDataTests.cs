using EchoApex.Cli.FineTuning;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Cli.Tests.FineTuning;

public sealed class AnnotatedDataTests
{
    [Test]
    public void Open_OfPublicSets_FindsOutWhichTheyAre()
    {
        using var folder = new TemporaryFolder();
        var options = new ReplicaOptions { Count = 1, ImageSize = 64, Frames = 2, Traps = false };
        EchoNetDynamicReplica.Write(folder.File("a"), options);
        CamusReplica.WriteNifti(folder.File("b"), options);
        var set = AnnotatedData.Open([folder.File("a"), folder.File("b")]);
        Assert.That(set.Name, Is.EqualTo("EchoNet-Dynamic + CAMUS"));
        Assert.That(set.Structures, Is.EqualTo(new[] { "background", "left_ventricle", "left_ventricular_myocardium", "left_atrium" }));
        Assert.That(set.Clips.Select(clip => clip.View), Is.EqualTo(new[] { "A4C", "A4C", "A2C" }));
        Assert.That(set.Notes, Has.Some.StartsWith("CAMUS: The lists"));
        Assert.That(() => AnnotatedData.Open([folder.Path]), Throws.InstanceOf<DataException>().With.Message.Contains("several data sets"));
    }
}
