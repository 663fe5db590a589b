using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Studies;
using EchoApex.Heads.Tests.Studies;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Reporting;

/// <summary>Reports of a phantom study with a few bad clips, read with the truth for models.</summary>
public sealed partial class ReportTests : IDisposable
{
    private const string Hostile = "<script>alert(1)</script>&\"'.dcm";
    private static readonly DateTimeOffset Created = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly StudyResult _study;

    public ReportTests()
    {
        Directory.CreateDirectory(_folder.File("study"));
        var options = new PhantomStudyOptions { Seed = 3, Index = 1, Clip = new PhantomOptions { ImageSize = 96, Frames = 30, Beats = 1.5 } };
        var phantoms = PhantomStudyWriter.Generate(options);
        for (int i = 0; i < phantoms.Count; i++)
        {
            DicomClipWriter.Write(Path.Combine(_folder.File("study"), $"{i}.dcm"), phantoms[i].Clip, new DicomWriteOptions { StudySeed = "report", UidSeed = $"report {i}" });
        }

        File.WriteAllText(Path.Combine(_folder.File("study"), Hostile.Replace("/", "_", StringComparison.Ordinal)), "no clip");
        _study = new StudyPipeline(new TruthModels(phantoms), null).Run(_folder.File("study"));
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Write_Twice_GivesEqualBytes()
    {
        var options = new ReportOptions { KeyImages = true, Created = Created };
        var first = StudyReport.Write(_folder.File("one"), _study, options);
        var second = StudyReport.Write(_folder.File("two"), _study, options);
        Assert.That(first.Select(path => Path.GetRelativePath(_folder.File("one"), path)), Is.EqualTo(new[] { "report.json", "report.html", "report.dcm" }.Concat(Enumerable.Range(1, 6).Select(i => Path.Combine("key-images", $"key-{i}.dcm")))));
        foreach (var (a, b) in first.Zip(second))
        {
            Assert.That(File.ReadAllBytes(b), Is.EqualTo(File.ReadAllBytes(a)), a);
        }
    }

    [Test]
    public void Json_IsAsItsSchemaSays()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "report-schema.json")));
        using var report = JsonDocument.Parse(StudyJson.Serialize(_study, Created));
        var faults = new List<string>();
        SchemaCheck.Run(report.RootElement, schema.RootElement, schema.RootElement, "$", faults);
        Assert.That(faults, Is.Empty);
        Assert.That(report.RootElement.GetProperty("schema_version").GetString(), Is.EqualTo(StudyJson.SchemaVersion));
        Assert.That(report.RootElement.GetProperty("study").GetProperty("clips").GetArrayLength(), Is.EqualTo(5));
    }

    [Test]
    public void Html_NamesOfFiles_AreEscapedAndNothingIsLoadedFromElsewhere()
    {
        string page = HtmlReport.Page(_study, Created);
        Assert.That(page, Does.Contain("&lt;script&gt;alert(1)").And.Not.Contain("<script"));
        Assert.That(Links().Matches(page).Select(match => match.Groups[1].Value), Has.All.StartsWith("data:image/"));
        Assert.That(page, Does.Contain("Not a medical device"));
    }

    [Test]
    public void Html_IsWellFormed()
    {
        string body = HtmlReport.Page(_study, Created).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal).Replace(" checked/>", "/>", StringComparison.Ordinal);
        Assert.That(() => System.Xml.Linq.XDocument.Parse(body), Throws.Nothing);
    }

    [Test]
    public void StructuredReport_HoldsTheValuesInItsUnits()
    {
        string path = _folder.File("values.dcm");
        StructuredReport.Write(path, _study, Created);
        var numbers = Numbers(DicomFile.Open(new MemoryByteSource(path, File.ReadAllBytes(path))).Dataset).ToLookup(item => item.Key, item => item.Value);
        Assert.That(numbers["29436-3 cm"].Single(), Is.EqualTo(_study.Find(MeasureNames.LvidD)!.Value!.Value / 10).Within(6e-4));
        Assert.That(numbers["18087-7 g"].Single(), Is.EqualTo(_study.Find(MeasureNames.LvMass)!.Value!.Value).Within(6e-4));
        Assert.That(numbers["18043-0 %"].ToArray(), Has.Length.EqualTo(4));
    }

    [Test]
    public void StructuredReport_IsAcceptedByValidators()
    {
        Require("dciodvfy", "dsrdump");
        var files = StudyReport.Write(_folder.File("valid"), _study, new ReportOptions { KeyImages = true, Created = Created });
        foreach (string file in files.Where(file => file.EndsWith(".dcm", StringComparison.Ordinal)))
        {
            Assert.That(RunTool("dciodvfy", file), Does.Not.Contain("Error"), file);
        }

        Assert.That(RunTool("dsrdump", files[2]), Does.Contain("Adult Echocardiography Procedure Report").And.Contain("Left Ventricular Ejection Fraction").And.Not.Match("(?m)^[EF]: "));
    }

    [Test]
    public void Identity_OnlyOnRequest_ReachesTheStructuredReport()
    {
        string study = _folder.File("named");
        Directory.CreateDirectory(study);
        string source = Path.Combine(_folder.File("study"), "0.dcm");
        string text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(source));
        string named = text.Replace("\u0010\0\u0010\0PN\0\0", "\u0010\0\u0010\0PN\u000a\0DOE^JANE A", StringComparison.Ordinal);
        Assert.That(named, Is.Not.EqualTo(text));
        File.WriteAllBytes(Path.Combine(study, "0.dcm"), System.Text.Encoding.Latin1.GetBytes(named));
        var result = new StudyPipeline(new TruthModels(PhantomStudyWriter.Generate(new PhantomStudyOptions { Seed = 3, Index = 1, Views = [PhantomView.A4C], Clip = new PhantomOptions { ImageSize = 96, Frames = 30, Beats = 1.5 } })), null).Run(study);
        var silent = StudyReport.Write(_folder.File("silent"), result, new ReportOptions { Created = Created });
        Assert.That(silent.Select(file => File.ReadAllText(file, System.Text.Encoding.Latin1)), Has.None.Contains("DOE^JANE"));
        var open = StudyReport.Write(_folder.File("open"), result, new ReportOptions { Created = Created, KeepIdentity = true }, study);
        Assert.That(File.ReadAllText(open[2], System.Text.Encoding.Latin1), Does.Contain("DOE^JANE A"));
        Assert.That(File.ReadAllText(open[0]) + File.ReadAllText(open[1]), Does.Not.Contain("DOE^JANE"));
        Assert.That(() => StudyReport.Write(_folder.File("none"), result, new ReportOptions { KeepIdentity = true }), Throws.InstanceOf<ConfigurationException>());
    }

    [Test]
    public void KeyImages_AreReadAsPictures()
    {
        var files = KeyImages.Write(_folder.File("keys"), _study, Created);
        var clip = ClipReader.Open(files[0]);
        Assert.That((clip.FrameCount, clip.Channels), Is.EqualTo((1, 3)));
        Assert.That(Math.Max(clip.Width, clip.Height), Is.AtLeast(512));
    }

    private static IEnumerable<KeyValuePair<string, double>> Numbers(IDicomElements elements)
    {
        foreach (var item in elements.GetItems(0x0040A730))
        {
            if (item.GetString(0x0040A040) == "NUM")
            {
                var value = item.GetItems(0x0040A300)[0];
                string code = item.GetItems(0x0040A043)[0].GetString(0x00080100)!;
                yield return new($"{code} {value.GetItems(0x004008EA)[0].GetString(0x00080100)}", value.GetNumbers(0x0040A30A)[0]);
            }

            foreach (var inner in Numbers(item))
            {
                yield return inner;
            }
        }
    }

    private static void Require(params string[] tools)
    {
        string[] missing = [.. tools.Where(tool => !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool))))];
        if (missing.Length > 0)
        {
            Assert.Ignore($"{string.Join(" and ", missing)} not found: install dicom3tools and dcmtk to check the report with validators of others.");
        }
    }

    private static string RunTool(string tool, string file)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, [file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.GetAwaiter().GetResult();
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Links();
}
