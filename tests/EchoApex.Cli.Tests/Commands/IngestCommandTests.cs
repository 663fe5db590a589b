using System.Text;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Runs <c>echoapex ingest</c> on a small export.</summary>
public sealed class IngestCommandTests : IDisposable
{
    private TemporaryFolder _folder = null!;

    [OneTimeSetUp]
    public void MakeExport()
    {
        _folder = new TemporaryFolder();
        ScannerExport.Write(_folder.File("export"), 4, new ScannerOptions { Frames = 6, Size = (400, 320), Kind = "sector", Still = false }, seed: 8);
        File.WriteAllText(_folder.File("export/notes.txt"), ScannerExport.Name);
        File.WriteAllText(_folder.File("key"), "0123456789abcdef0123456789abcdef");
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Ingest_Export_WritesAllTablesAndNoName()
    {
        using var output = new TemporaryFolder();
        var result = Run(output, "--sources", output.File("sources.csv"));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("4 clips of 2 patients, 24 frames.").And.Contain("1 other files passed over, 0 clips done by an earlier run").And.Contain("clips/s"));
        string[] wanted = ["shard-000000.tar", "shard-000000.idx", "shards.json", "manifest.csv", "manifest.parquet", "quarantine.csv", "report.json", "ingest.json"];
        Assert.That(wanted, Is.SubsetOf(Directory.EnumerateFiles(output.File("out")).Select(Path.GetFileName)));
        foreach (string path in Directory.EnumerateFiles(output.File("out"), "*", SearchOption.AllDirectories))
        {
            Assert.That(Encoding.Latin1.GetString(File.ReadAllBytes(path)), Does.Not.Contain(ScannerExport.Name), path);
        }

        Assert.That(File.ReadAllText(output.File("sources.csv")), Does.Contain(ScannerExport.Name));
        using var set = ShardSet.Open(output.File("out"));
        Assert.That(set.Count, Is.EqualTo(4));
    }

    [Test]
    public void Ingest_Again_SaysThatAllIsDone()
    {
        using var output = new TemporaryFolder();
        Run(output);
        byte[] shard = File.ReadAllBytes(output.File("out/shard-000000.tar"));
        var again = Run(output);
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(again.Output, Does.Contain("4 clips done by an earlier run"));
        Assert.That(File.ReadAllBytes(output.File("out/shard-000000.tar")), Is.EqualTo(shard));
    }

    [TestCase("outside", "--classes", "Doppler", "none of BMode, ColorFlow, Still")]
    [TestCase("outside", "--patient-of", "ward", "not one of file, folder")]
    [TestCase("outside", "--least-confidence", "0.2", "least_confidence")]
    [TestCase("inside", "--quality", "95", "lies in the output")]
    public void Ingest_WrongOption_IsRefusedAndNothingIsWritten(string sources, string option, string value, string message)
    {
        using var output = new TemporaryFolder();
        string list = sources == "inside" ? output.File("out/sources.csv") : output.File("sources.csv");
        var result = Run(output, "--sources", list, option, value);
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(Directory.Exists(output.File("out")), Is.False);
    }

    private (int ExitCode, string Output, string Error) Run(TemporaryFolder output, params string[] options)
    {
        var result = CommandLine.Run(["ingest", _folder.File("export"), "--out", output.File("out"), "--key", _folder.File("key"), .. options]);
        return (result.ExitCode, result.Output, result.Error);
    }
}
