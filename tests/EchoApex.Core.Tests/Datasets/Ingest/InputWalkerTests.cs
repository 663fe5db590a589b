using System.Formats.Tar;
using System.IO.Compression;
using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Deidentification;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Ingest;

/// <summary>Names, keys and groups of inputs. The files are pictures by name alone: nothing is decoded.</summary>
public sealed class InputWalkerTests
{
    private static readonly Pseudonymizer Key = new("0123456789abcdef"u8);

    [Test]
    public void Items_Groups_AreTheFolderOrTheArchiveAndItsFolder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("export/P0"));
        File.WriteAllText(folder.File("export/P0/a.png"), "0");
        Zip(folder.File("export/P1.zip"), ("a.png", "1"), ("b.png", "2"), ("S/c.png", "3"));
        Zip(folder.File("export/P2.zip"), ("a.png", "4"));
        Zip(folder.File("more.zip"), ("a.png", "5"), ("b.png", "6"));
        foreach (string place in new[] { "x/P", "y/P" })
        {
            Directory.CreateDirectory(folder.File(place));
            File.WriteAllText(folder.File(place + "/a.png"), place);
            File.WriteAllText(folder.File(place + "/b.png"), place);
        }

        string[] inputs = ["export", "more.zip", "x/P/a.png", "x/P/b.png", "y/P/a.png"];
        var items = Walk(folder, [.. inputs.Select(folder.File)]);
        string[] expected =
        [
            "export/P0", "export/P1.zip", "export/P1.zip", "export/P1.zip!S", "export/P2.zip", "more.zip", "more.zip", "./P", "./P", "./P#2",
        ];
        Assert.That(items.OrderBy(item => item.Name.StartsWith("export", StringComparison.Ordinal) ? 0 : 1).Select(item => item.Group), Is.EquivalentTo(expected));
        Assert.That(items.Where(item => item.Group == "more.zip").Select(item => item.Name), Is.EqualTo(new[] { "more.zip!a.png", "more.zip!b.png" }));
    }

    [TestCase("zip")]
    [TestCase("tar")]
    [TestCase("tgz")]
    public void Items_OneNameTwiceInAnArchive_AreTwoClipsWithKeysOfTheirOwn(string kind)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("twice." + kind);
        (string, string)[] entries = [("a.png", "one"), ("a.png", "two"), ("b.png", "three")];
        if (kind == "zip")
        {
            Zip(path, entries);
        }
        else
        {
            using Stream stream = kind == "tar" ? File.Create(path) : new GZipStream(File.Create(path), CompressionLevel.Fastest);
            Tar(stream, entries);
        }

        var items = Walk(folder, [path]);
        Assert.That(items.Select(item => item.Name), Is.EqualTo(new[] { $"twice.{kind}!a.png", $"twice.{kind}!a.png#2", $"twice.{kind}!b.png" }));
        Assert.That(items.Select(item => item.Key), Is.Unique);
        Assert.That(items.Select(item => File.ReadAllText(item.Path!)), Is.EqualTo(new[] { "one", "two", "three" }), "what is taken out is whole");
        Assert.That(items.Select(item => item.Content), Is.Unique);
    }

    [Test]
    public void Take_NameThatAnEarlierRunKnows_IsDoneOnlyWithTheSameContent()
    {
        var audits = new Dictionary<string, ClipAudit>();
        void Remember(string name, string? content, IngestDecision decision)
        {
            var (_, key, _) = Names().Take(name, () => null);
            audits[key] = new ClipAudit { Key = key, Decision = decision, Content = content is null ? null : ClipNames.ContentToken(Key, content) };
        }

        ClipNames Names() => new(Key, key => audits.GetValueOrDefault(key), _ => true);
        Assert.Multiple(() =>
        {
            audits.Clear();
            Remember("d/a", "one", IngestDecision.Stored);
            Assert.That(Names().Take("d/a", () => "one").Done, Is.Not.Null);
            Assert.That(Names().Take("d/a", () => "two") is ("d/a#2", _, null), Is.True);
            Assert.That(Names().Take("d/a", () => null).Name, Is.EqualTo("d/a#2"), "what cannot be read is not taken for what was read");
            audits.Clear();
            Remember("d/a", null, IngestDecision.Failed);
            Assert.That(Names().Take("d/a", () => "two") is ("d/a", _, null), Is.True, "a failure holds no name");
        });
    }

    [Test]
    public void SourceContent_OfHeadersThatNameOtherFiles_TellsThemApart()
    {
        using var folder = new TemporaryFolder();
        string[] contents =
        [
            .. new[] { "1111", "2222" }.Select(pixels =>
            {
                File.WriteAllText(folder.File("a.mhd"), "ObjectType = Image\nNDims = 2\nBinaryData = True\nDimSize = 2 2\nElementSpacing = 1 1\nElementType = MET_UCHAR\nElementDataFile = a.raw\n");
                File.WriteAllText(folder.File("a.raw"), pixels);
                return SourceContent.Of(folder.File("a.mhd"));
            }),
        ];
        Assert.That(contents, Is.Unique);
    }

    private static List<IngestItem> Walk(TemporaryFolder folder, string[] inputs) =>
        [.. new InputWalker(inputs, new ClipNames(Key, _ => null, _ => false), folder.File("out"), folder.File("temporary")).Items()];

    private static void Zip(string path, params (string Name, string Text)[] entries)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, text) in entries)
        {
            using var writer = new StreamWriter(zip.CreateEntry(name).Open());
            writer.Write(text);
        }
    }

    private static void Tar(Stream stream, (string Name, string Text)[] entries)
    {
        using var tar = new TarWriter(stream);
        foreach (var (name, text) in entries)
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) });
        }
    }
}
