using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Core.Tests.Datasets.Ingest;

public sealed class IngestionTests : IDisposable
{
    private const string Secret = "DOEJANE4711";
    private static readonly Pseudonymizer Key = new("0123456789abcdef"u8);
    private static readonly IngestOptions Options = new() { Workers = 2, WriteDicom = true, Shards = new ShardWriteOptions { ShardMegabytes = 1 }, MaximumSide = 192 };

    private TemporaryFolder? _folder;
    private string _input = null!;
    private List<ScannerClip> _screens = null!;

    [OneTimeSetUp]
    public void MakeInput()
    {
        var folder = _folder = new TemporaryFolder();
        _input = folder.File("export " + Secret);
        _screens = [.. Enumerable.Range(0, 8).Select(i => ScannerScreen.Generate(new ScannerOptions { Frames = 12, Size = (400, 320), Kind = i < 6 ? "sector" : "curved", Still = i == 3, Color = i == 4 }, seed: 21, i))];
        Directory.CreateDirectory(Path.Combine(_input, "a"));
        for (int i = 0; i < 4; i++)
        {
            WriteDicom(Path.Combine(_input, "a", $"{Secret}-{i}.dcm"), i);
        }

        Directory.CreateDirectory(folder.File("loose"));
        for (int i = 4; i < 8; i++)
        {
            WriteDicom(folder.File($"loose/{i}.dcm"), i);
        }

        using (var zip = ZipFile.Open(Path.Combine(_input, "b.zip"), ZipArchiveMode.Create))
        {
            zip.CreateEntryFromFile(folder.File("loose/4.dcm"), "x/" + Secret + ".dcm");
            zip.CreateEntryFromFile(folder.File("loose/5.dcm"), "y.dcm");
        }

        using (var gzip = new GZipStream(File.Create(Path.Combine(_input, "c.tar.gz")), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
        {
            tar.WriteEntry(folder.File("loose/6.dcm"), "6.dcm");
            tar.WriteEntry(folder.File("loose/7.dcm"), "7.dcm");
        }

        File.Copy(Path.Combine(_input, "a", $"{Secret}-1.dcm"), Path.Combine(_input, "d-copy.dcm"));
        File.WriteAllText(Path.Combine(_input, "notes.txt"), Secret);
        File.WriteAllBytes(Path.Combine(_input, "e-broken.dcm"), [.. new byte[128], .. "DICM"u8, 1, 2, 3]);
        File.WriteAllBytes(Path.Combine(_input, "f-broken.zip"), [1, 2, 3, 4]);
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Run_OfMixture_DecidesOnEveryClip()
    {
        using var output = new TemporaryFolder();
        var report = Run(output);
        Assert.Multiple(() =>
        {
            Assert.That(report.Clips, Has.Count.EqualTo(11));
            Assert.That(report.Count(IngestDecision.Failed), Is.EqualTo(2), "the broken file and the broken archive");
            Assert.That(report.Clips.Count(clip => clip.DuplicateOf is not null), Is.EqualTo(1), "the copy");
            Assert.That(report.Count(IngestDecision.Stored), Is.GreaterThanOrEqualTo(7));
            Assert.That(report.PassedOver, Is.EqualTo(1), "the notes");
            Assert.That(report.Clips.Where(clip => clip.Decision == IngestDecision.Stored).Select(clip => clip.Patient).Distinct().Count(), Is.GreaterThan(1));
            Assert.That(report.Clips.Any(clip => clip.Class == ClipClass.ColorFlow), Is.True);
        });
    }

    [Test]
    public void Run_OfMixture_LeavesNoNameAndNoText()
    {
        using var output = new TemporaryFolder();
        var report = Run(output, sources: output.File("sources.csv"));
        foreach (string path in Directory.EnumerateFiles(output.File("out"), "*", SearchOption.AllDirectories))
        {
            Assert.That(path, Does.Not.Contain(Secret));
            Assert.That(Encoding.Latin1.GetString(File.ReadAllBytes(path)), Does.Not.Contain(Secret).And.Not.Contain("1.2.3.4711"), path);
        }

        Assert.That(File.ReadAllText(output.File("sources.csv")), Does.Contain(Secret), "the list that is asked for knows the input");
        using var set = ShardSet.Open(output.File("out"));
        var stored = report.Clips.Where(clip => clip.Decision == IngestDecision.Stored).ToList();
        Assert.That(set.Count, Is.EqualTo(stored.Count));
        foreach (var (audit, screen) in report.Clips.Zip(_screens))
        {
            if (audit.Decision == IngestDecision.Stored)
            {
                int clip = Enumerable.Range(0, set.Count).Single(i => set.ReadKey(i).Key == audit.Key);
                Assert.That(Surviving(set.ReadFrames(clip, 0, 1), audit, screen), Is.Zero, audit.Key);
            }
        }
    }

    [Test]
    public void Run_StoppedAnywhere_GoesOnToTheSameBytes()
    {
        using var whole = new TemporaryFolder();
        Run(whole);
        string expected = Digest(whole.File("out"));
        foreach (int after in new[] { 1, 4, 7 })
        {
            using var parts = new TemporaryFolder();
            Assert.That(() => Run(parts, stopAfter: after), Throws.InstanceOf<OperationCanceledException>());
            File.WriteAllText(parts.File($"out/dicom/c{after}.dcm.0123.partial"), "as a killed run leaves it");
            Run(parts, options: Options with { Workers = 1 + (after % 3) });
            Assert.That(Digest(parts.File("out")), Is.EqualTo(expected), $"stopped after {after}");
        }
    }

    [Test]
    public void Run_Again_ChangesNothing()
    {
        using var output = new TemporaryFolder();
        Run(output);
        string expected = Digest(output.File("out"));
        var report = Run(output);
        Assert.That(report.Resumed, Is.EqualTo(report.Clips.Count - 2), "all but the broken file and the broken archive, which are looked at again");
        Assert.That(Digest(output.File("out")), Is.EqualTo(expected));
    }

    [Test]
    public void Run_WithOtherOptionsOrKey_IsRefused()
    {
        using var output = new TemporaryFolder();
        Run(output);
        Assert.Multiple(() =>
        {
            Assert.That(() => Run(output, options: Options with { MaximumSide = 128 }), Throws.InstanceOf<ConfigurationException>());
            Assert.That(() => Ingestion.Run([_input], output.File("out"), Options, new Pseudonymizer("another key, long"u8)), Throws.InstanceOf<ConfigurationException>());
            Assert.That(() => Ingestion.Run([_input], _folder!.File("loose"), Options, Key), Throws.InstanceOf<DataException>().With.Message.Contains("not empty"));
            Assert.That(() => Ingestion.Run([_input], output.File("other"), Options with { Classes = [ClipClass.MMode] }, Key), Throws.InstanceOf<ConfigurationException>());
        });
    }

    private void WriteDicom(string path, int index) => DicomClipWriter.Write(path, _screens[index].Clip, new DicomWriteOptions
    {
        BurnedInAnnotation = true,
        Header = new DeidentifiedHeader { Patient = $"{Secret}-{index % 3}", StudyUid = $"1.2.3.4711.{index % 3}", SeriesUid = $"1.2.3.4711.9.{index}", InstanceUid = $"1.2.3.4711.8.{index}", AgeYears = 50 },
    });

    private IngestReport Run(TemporaryFolder output, IngestOptions? options = null, string? sources = null, int? stopAfter = null)
    {
        using var stop = new CancellationTokenSource();
        var progress = new Stop(stopAfter, stop);
        return Ingestion.Run([_input], output.File("out"), options ?? Options, Key, sources, progress, cancellationToken: stop.Token);
    }

    // Stored pixels that are not black although all of the fan is two pixels away, at the stored size.
    private static int Surviving(SectorFrames frames, ClipAudit audit, ScannerClip screen)
    {
        var pixels = frames[0].Pixels.Span;
        int survivors = 0;
        for (int i = 0; i < pixels.Length; i++)
        {
            double x = audit.Crop![0] + (((i % frames.Width) + .5) * audit.Crop[2] / frames.Width) - .5;
            double y = audit.Crop[1] + (((i / frames.Width) + .5) * audit.Crop[3] / frames.Height) - .5;
            survivors += pixels[i] != 0 && !IsNearFan(screen, (int)Math.Round(x), (int)Math.Round(y)) ? 1 : 0;
        }

        return survivors;
    }

    private static bool IsNearFan(ScannerClip screen, int x, int y)
    {
        for (int dy = -2; dy <= 2; dy++)
        {
            for (int dx = -2; dx <= 2; dx++)
            {
                int column = Math.Clamp(x + dx, 0, screen.Clip.Width - 1), row = Math.Clamp(y + dy, 0, screen.Clip.Height - 1);
                if (screen.Fan[(row * screen.Clip.Width) + column] != 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static string Digest(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, path)));
            hash.AppendData(File.ReadAllBytes(path));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed class Stop(int? after, CancellationTokenSource source) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value >= after)
            {
                source.Cancel();
            }
        }
    }
}
