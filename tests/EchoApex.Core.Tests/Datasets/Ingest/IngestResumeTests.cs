using System.IO.Compression;
using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Core.Tests.Datasets.Ingest;

/// <summary>Several runs into one output: other media with the same names, inputs that change, move or go.</summary>
public sealed class IngestResumeTests
{
    private static readonly Pseudonymizer Key = new("0123456789abcdef"u8);
    private static readonly IngestOptions Options = new() { Workers = 2, MaximumSide = 128 };

    [Test]
    public void Run_OtherMediumWithTheSameNames_IsReadAndTheTablesHoldBoth()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("usb1/DICOM"), seed: 3);
        WriteExport(folder.File("usb2/DICOM"), seed: 4);
        var first = Run(folder, "usb1/DICOM");
        var second = Run(folder, "usb2/DICOM");
        string manifest = File.ReadAllText(folder.File("out/manifest.csv")), report = File.ReadAllText(folder.File("out/report.json")), sources = File.ReadAllText(folder.File("sources.csv"));
        var again = Run(folder, "usb1/DICOM");
        Assert.Multiple(() =>
        {
            Assert.That(first.Count(IngestDecision.Stored) + second.Count(IngestDecision.Stored), Is.EqualTo(4));
            Assert.That(second.Resumed, Is.Zero);
            Assert.That(second.Clips.Select(clip => clip.Key).Intersect(first.Clips.Select(clip => clip.Key)), Is.Empty);
            Assert.That(second.Set, Has.Count.EqualTo(4));
            Assert.That(manifest.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(5));
            Assert.That(report, Does.Contain("\"stored\": 4"));
            Assert.That(sources.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(5));
            Assert.That((again.Resumed, again.Clips.Count), Is.EqualTo((2, 2)));
            Assert.That(File.ReadAllText(folder.File("out/manifest.csv")), Is.EqualTo(manifest));
            Assert.That(File.ReadAllText(folder.File("out/report.json")), Is.EqualTo(report));
        });
        using var set = ShardSet.Open(folder.File("out"));
        Assert.That(manifest.Split('\n').Skip(1).Take(4).Select(line => line.Split(',')[0]), Is.EqualTo(Enumerable.Range(0, 4).Select(i => set.ReadKey(i).Key)));
    }

    [Test]
    public void Run_FileReplacedUnderItsName_IsAnotherClip()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in"), seed: 3);
        WriteExport(folder.File("other"), seed: 4);
        Run(folder, "in");
        string file = Directory.GetFiles(folder.File("in"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        File.Copy(Path.Combine(folder.File("other"), Path.GetRelativePath(folder.File("in"), file)), file, overwrite: true);
        var report = Run(folder, "in");
        Assert.That((report.Resumed, report.Clips.Count, report.Set.Count), Is.EqualTo((1, 2, 3)));
    }

    [Test]
    public void Run_InputElsewhereWithOtherTimes_IsRecognised()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("a/DICOM"), seed: 3);
        Run(folder, "a/DICOM");
        Directory.CreateDirectory(folder.File("b"));
        Directory.Move(folder.File("a/DICOM"), folder.File("b/DICOM"));
        foreach (string file in Directory.GetFiles(folder.File("b/DICOM"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }

        Assert.That(Run(folder, "b/DICOM").Resumed, Is.EqualTo(2));
    }

    [Test]
    public void Run_CopyOfAnEarlierRunsClip_IsADuplicate()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in"), seed: 3);
        Run(folder, "in");
        Directory.CreateDirectory(folder.File("copies"));
        string file = Directory.GetFiles(folder.File("in"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        File.Copy(file, folder.File("copies/copy.dcm"));
        var report = Run(folder, "copies");
        Assert.That(report.Clips.Single().DuplicateOf, Is.Not.Null);
        Assert.That(report.Set, Has.Count.EqualTo(2));
    }

    [Test]
    public void Run_FileThatCouldNotBeRead_IsLookedAtAgain()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in"), seed: 3);
        string file = Directory.GetFiles(folder.File("in"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole[..800]);
        var first = Run(folder, "in");
        File.WriteAllBytes(file, whole);
        var second = Run(folder, "in");
        Assert.Multiple(() =>
        {
            Assert.That(first.Clips.Select(clip => clip.Decision), Is.EqualTo(new[] { IngestDecision.Failed, IngestDecision.Stored }));
            Assert.That(second.Clips.Select(clip => clip.Decision), Is.EqualTo(new[] { IngestDecision.Stored, IngestDecision.Stored }));
            Assert.That(second.Clips.Select(clip => clip.Key), Is.EqualTo(first.Clips.Select(clip => clip.Key)), "a failure holds no name");
            Assert.That(File.ReadAllText(folder.File("out/report.json")), Does.Contain("\"failed\": 0"));
        });
    }

    [Test]
    public void Run_FolderOfAnotherVersion_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in"), seed: 3);
        Run(folder, "in");
        string path = folder.File("out/ingest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"version\": 2", "\"version\": 1", StringComparison.Ordinal));
        Assert.That(() => Run(folder, "in"), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("has version 1"));
    }

    [Test]
    public void Run_SourcesThatAreSomethingElse_AreNotWrittenOver()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in"), seed: 3);
        File.WriteAllText(folder.File("sources.csv"), "mine,too\n1,2\n");
        Assert.That(() => Run(folder, "in"), Throws.InstanceOf<DataException>().With.Message.Contains("is no list of sources"));
        Assert.That(Directory.Exists(folder.File("out")), Is.False);
    }

    [Test]
    public void Run_OriginalsOutOfArchives_AreForNobodyElseAndGoWithTheRun()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in"), seed: 3);
        ZipFile.CreateFromDirectory(folder.File("in"), folder.File("in.zip"));
        string temporary = Ingestion.TemporaryOf(folder.File("out"));
        UnixFileMode? mode = null;
        Exception? second = null;
        var report = Ingestion.Run([folder.File("in.zip")], folder.File("out"), Options with { Workers = 1 }, Key, progress: new Call(() =>
        {
            mode ??= OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(temporary);

            // A run that is refused because the folder is taken must leave alone what the other one has taken out.
            second ??= Assert.Catch(() => Ingestion.Run([folder.File("in.zip")], folder.File("out"), Options, Key));
        }));
        Assert.Multiple(() =>
        {
            Assert.That(mode! & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute), Is.EqualTo(UnixFileMode.None));
            Assert.That(second, Is.InstanceOf<EchoApexException>().With.Message.Contains("being written to"));
            Assert.That(report.Count(IngestDecision.Stored), Is.EqualTo(2));
            Assert.That(Directory.Exists(temporary), Is.False);
        });
    }

    private static IngestReport Run(TemporaryFolder folder, string input) =>
        Ingestion.Run([folder.File(input)], folder.File("out"), Options, Key, folder.File("sources.csv"));

    private static void WriteExport(string folder, ulong seed) =>
        ScannerExport.Write(folder, 2, new ScannerOptions { Frames = 6, Size = (400, 320), Kind = "sector", Still = false }, seed);

    private sealed class Call(Action action) : IProgress<int>
    {
        public void Report(int value) => action();
    }
}
