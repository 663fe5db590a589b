using System.Text.Json;
using EchoApex.Core.Arrays;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Phantoms;

public sealed class PhantomSetWriterTests
{
    private static readonly PhantomSetOptions Small = new() { Count = 7, Seed = 8, Clip = new PhantomOptions { ImageSize = 64, Frames = 3 } };

    [Test]
    public void Write_Twice_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        PhantomSetWriter.Write(folder.File("a"), Small);
        PhantomSetWriter.Write(folder.File("b"), Small);
        string[] names = Files(folder.File("a"));
        Assert.That(Files(folder.File("b")), Is.EqualTo(names));
        Assert.That(names, Has.Length.EqualTo((4 * 7) + 1));
        foreach (string name in names)
        {
            Assert.That(File.ReadAllBytes(Path.Combine(folder.File("b"), name)), Is.EqualTo(File.ReadAllBytes(Path.Combine(folder.File("a"), name))), name);
        }
    }

    [Test]
    public void Write_Manifest_AgreesWithTheFilesAndTheGenerator()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("set");
        PhantomSetWriter.Write(output, Small);
        string[] lines = File.ReadAllLines(Path.Combine(output, "manifest.csv"));
        string[] columns = lines[0].Split(',');
        Assert.That(lines, Has.Length.EqualTo(8));
        var row = columns.Zip(lines[4].Split(',')).ToDictionary(p => p.First, p => p.Second);
        var truth = PhantomGenerator.Generate(Small.Clip, 8, 3).Truth;
        Assert.That(row["view"], Is.EqualTo(truth.View.ToString()));
        Assert.That(double.Parse(row["ef_percent"]), Is.EqualTo(truth.EjectionFractionPercent).Within(1e-3));
        Assert.That(double.Parse(row["edv_ml"]), Is.EqualTo(truth.EndDiastolicVolumeMl).Within(1e-3));
        Assert.That(double.Parse(row["spacing_mm"]), Is.EqualTo(truth.Spacing.XMm).Within(1e-3));
        Assert.That(row["split"], Is.EqualTo(PhantomSetWriter.Split(8, 3)));
        Assert.That(File.Exists(Path.Combine(output, row["dicom"])) && File.Exists(Path.Combine(output, row["avi"])), Is.True);

        var masks = NumpyFile.Read<byte>(Path.Combine(output, row["masks"]));
        Assert.That(masks.Shape, Is.EqualTo(new long[] { 3, 64, 64 }));
        Assert.That(masks.Values, Is.EqualTo(truth.Masks.ToArray()));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, row["truth"])));
        Assert.That(json.RootElement.GetProperty("ejection_fraction_percent").GetDouble(), Is.EqualTo(truth.EjectionFractionPercent));
        Assert.That(json.RootElement.GetProperty("volumes_ml").GetArrayLength(), Is.EqualTo(3));
        var first = truth.Landmarks[2][0];
        Assert.That(json.RootElement.GetProperty("landmarks")[2].GetProperty(first.Name).GetProperty("x").GetDouble(), Is.EqualTo(first.X));
    }

    [Test]
    public void Write_WithoutAviOrTruth_WritesDicomAlone()
    {
        using var folder = new TemporaryFolder();
        PhantomSetWriter.Write(folder.File("set"), Small with { Avi = false, Truth = false, Count = 2 });
        Assert.That(Files(folder.File("set")).Count(f => f.EndsWith(".dcm", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(Files(folder.File("set")), Has.Length.EqualTo(3));
        PhantomSetWriter.Write(folder.File("other"), Small with { Dicom = false, Count = 2 });
        Assert.That(Files(folder.File("other")).Any(f => f.EndsWith(".dcm", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public void Write_FolderInUse_RefusesAndChangesNothing()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("kept"), "x");
        Assert.That(() => PhantomSetWriter.Write(folder.Path, Small), Throws.TypeOf<EchoApexException>().With.Message.Contains("not empty"));
        Assert.That(Files(folder.Path), Is.EqualTo(new[] { "kept" }));
    }

    [Test]
    public void Write_Cancelled_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var progress = new Callback(done =>
        {
            if (done == 3)
            {
                source.Cancel();
            }
        });
        Assert.That(() => PhantomSetWriter.Write(folder.File("set"), Small, progress, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Split_ManyClips_HasTheStatedShares()
    {
        var shares = Enumerable.Range(0, 5000).CountBy(i => PhantomSetWriter.Split(1, i)).ToDictionary(p => p.Key, p => p.Value / 5000.0);
        Assert.That(shares["train"], Is.EqualTo(.7).Within(.03));
        Assert.That(shares["val"], Is.EqualTo(.1).Within(.03));
        Assert.That(shares["test"], Is.EqualTo(.2).Within(.03));
    }

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];

    private sealed class Callback(Action<int> action) : IProgress<int>
    {
        public void Report(int value) => action(value);
    }
}
