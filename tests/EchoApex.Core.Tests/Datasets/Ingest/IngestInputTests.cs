using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Core.Tests.Datasets.Ingest;

/// <summary>What counts as input: outputs that lie in it, lists that lie in the output.</summary>
public sealed class IngestInputTests
{
    private static readonly Pseudonymizer Key = new("0123456789abcdef"u8);
    private static readonly IngestOptions Options = new() { Workers = 2, WriteDicom = true, MaximumSide = 128 };

    [Test]
    public void Run_OutputWithinTheInput_IsPassedOver()
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("in/export"), seed: 3);
        string output = folder.File("in/out");
        var first = Ingestion.Run([folder.File("in")], output, Options, Key);
        var second = Ingestion.Run([folder.File("in")], output + Path.DirectorySeparatorChar, Options, Key);
        Assert.That(Directory.GetFiles(Path.Combine(output, "dicom")), Is.Not.Empty, "a second run would find clips there");
        Assert.Multiple(() =>
        {
            Assert.That(second.Clips.Select(clip => clip.Key), Is.EqualTo(first.Clips.Select(clip => clip.Key)));
            Assert.That(second.PassedOver, Is.EqualTo(first.PassedOver));
        });
    }

    // Such a failure costs no measurable time, which was once taken for a clip that an earlier run had decided.
    [Test]
    public void Run_ManyBrokenArchives_WritesAnAuditOfEach()
    {
        const int count = 400;
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("in"));
        for (int i = 0; i < count; i++)
        {
            File.WriteAllBytes(folder.File($"in/{i}.zip"), [1, 2, 3, 4]);
        }

        var report = Ingestion.Run([folder.File("in")], folder.File("out"), Options, Key);
        Assert.Multiple(() =>
        {
            Assert.That(report.Count(IngestDecision.Failed), Is.EqualTo(count));
            Assert.That(report.Resumed, Is.Zero);
            Assert.That(Directory.GetFiles(folder.File("out/audit"), "*.json", SearchOption.AllDirectories), Has.Length.EqualTo(count));
        });
    }

    [TestCase("in/out")]
    [TestCase("in/out/dicom")]
    public void Run_InputWithinTheOutput_IsRefusedByName(string input)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("in/out/dicom"));
        Assert.That(() => Ingestion.Run([folder.File(input)], folder.File("in/out"), Options, Key), Throws.InstanceOf<DataException>().With.Message.Contains("lies in the output"));
    }

    [TestCase("out/", "out/sources.csv")]
    [TestCase("out", "out/../out/sources.csv")]
    [TestCase("out", "link/sources.csv")]
    [TestCase("link/", "out/sources.csv")]
    public void Run_SourcesWithinTheOutput_AreRefusedHoweverTheFolderIsWritten(string output, string sources)
    {
        using var folder = new TemporaryFolder();
        WriteExport(folder.File("export"), seed: 3);
        Directory.CreateDirectory(folder.File("out"));
        Directory.CreateSymbolicLink(folder.File("link"), folder.File("out"));
        Assert.That(() => Ingestion.Run([folder.File("export")], folder.File(output), Options, Key, folder.File(sources)), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("lies in the output"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.File("out")), Is.Empty);
    }

    private static void WriteExport(string folder, ulong seed) =>
        ScannerExport.Write(folder, 2, new ScannerOptions { Frames = 6, Size = (400, 320), Kind = "sector", Still = false }, seed);
}
