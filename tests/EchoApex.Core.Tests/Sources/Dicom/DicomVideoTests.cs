using System.Text.Json;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>Streams that ffmpeg made of six frames whose four quarters have known gray levels.</summary>
public sealed class DicomVideoTests
{
    private const int Rows = 48;
    private const int Columns = 64;

    private static readonly JsonElement Json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Golden, "codecs", "video.json"))).RootElement;

    private static int[][] Levels => [.. Json.GetProperty("levels").EnumerateArray().Select(frame => frame.EnumerateArray().Select(level => level.GetInt32()).ToArray())];

    private static IEnumerable<TestCaseData> Streams => Json.GetProperty("streams").EnumerateArray().Select(stream =>
        new TestCaseData(stream.GetProperty("syntax").GetString(), stream.GetProperty("stream").GetBytesFromBase64()).SetArgDisplayNames(stream.GetProperty("name").GetString()!));

    private static byte[] First => (byte[])Streams.First().Arguments[1]!;

    private static DicomBuilder Describe(int? frames, int rows = Rows) => new DicomBuilder().Text(DicomTags.FrameTime, "DS", "40").Image(rows, Columns, "YBR_PARTIAL_420", 3, frames: frames);

    private static string[] TemporaryFiles() => Directory.GetFiles(Path.GetTempPath(), "echoapex-????????????????????????????????.*");

    [TestCaseSource(nameof(Streams))]
    public void Open_OfEveryKindOfStream_GivesItsFrames(string syntax, byte[] stream)
    {
        var clip = DicomBuilder.Open(Describe(6).Fragments([], [stream]).ToFile(syntax));
        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width), Is.EqualTo((6, Rows, Columns)));
            Assert.That(clip.Notes, Is.Empty);
            Assert.That(clip.FrameTimesMs![5], Is.EqualTo(200));
            for (int frame = 0; frame < 6; frame++)
            {
                byte[] pixels = clip.ReadFrame(frame);
                for (int quarter = 0; quarter < 4; quarter++)
                {
                    int place = (((quarter / 2 * Rows / 2) + (Rows / 4)) * Columns) + (quarter % 2 * Columns / 2) + (Columns / 4);
                    Assert.That(pixels[place * clip.Channels], Is.EqualTo(Levels[frame][quarter]).Within(3), $"frame {frame}, quarter {quarter}");
                }
            }
        });
    }

    [Test]
    public void Open_OfStreamInSeveralFragments_JoinsThem()
    {
        byte[] file = Describe(6).Fragments([], [First[..200], First[200..500], First[500..]]).ToFile("1.2.840.10008.1.2.4.100.1");
        Assert.That(DicomBuilder.Open(file).FrameCount, Is.EqualTo(6));
    }

    [TestCase(4)]
    [TestCase(600)]
    public void Open_OfOtherNumberOfFrames_TakesThoseDecodedAndSaysSo(int declared)
    {
        var clip = DicomBuilder.Open(Describe(declared).Fragments([], [First]).ToFile("1.2.840.10008.1.2.4.100"));
        Assert.Multiple(() =>
        {
            Assert.That(clip.FrameCount, Is.EqualTo(6));
            Assert.That(clip.Notes, Has.One.EqualTo($"The header declares {declared} frames; 6 could be decoded."));
        });
    }

    [Test]
    public void Open_OfOtherSize_IsRefused() =>
        Assert.That(
            () => DicomBuilder.Open(Describe(6, rows: 50).Fragments([], [First]).ToFile("1.2.840.10008.1.2.4.100")),
            Throws.InstanceOf<DataException>().With.Message.Contains("48 x 64").And.Message.Contains("50 x 64"));

    [Test]
    public void Open_OfDamagedStream_IsRefused() =>
        Assert.That(
            () => DicomBuilder.Open(Describe(6).Fragments([], [[.. Enumerable.Repeat((byte)0x55, 400)]]).ToFile("1.2.840.10008.1.2.4.102")),
            Throws.InstanceOf<DataException>().With.Message.StartsWith("test.dcm: "));

    [Test]
    public void Open_OfStreamThatIsCutShort_IsRefused() =>
        Assert.That(
            () => DicomBuilder.Open(Describe(6).Fragments([], [First]).ToFile("1.2.840.10008.1.2.4.100")[..^300]),
            Throws.InstanceOf<DataException>().With.Message.Contains("cut short"));

    [Test]
    public void CreatePrivate_OnUnix_LetsItsOwnerAloneRead()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no such modes.");
            return;
        }

        using var folder = new TemporaryFolder();
        DicomVideo.CreatePrivate(folder.File("video.mpg")).Dispose();
        Assert.That(File.GetUnixFileMode(folder.File("video.mpg")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void Open_WhetherItWorksOrNot_LeavesNoTemporaryFile()
    {
        string[] before = TemporaryFiles();
        DicomBuilder.Open(Describe(6).Fragments([], [First]).ToFile("1.2.840.10008.1.2.4.100"));
        Assert.That(() => DicomBuilder.Open(Describe(6).Fragments([], [new byte[300]]).ToFile("1.2.840.10008.1.2.4.107")), Throws.InstanceOf<DataException>());
        Assert.That(TemporaryFiles().Except(before), Is.Empty);
    }
}
