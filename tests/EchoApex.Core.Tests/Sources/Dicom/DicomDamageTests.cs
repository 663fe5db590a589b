using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>Damaged files give one kind of error, without large allocations.</summary>
public sealed class DicomDamageTests
{
    private const long MostAllocated = 64 << 20;

    private static byte[] Native() => Describe(new DicomBuilder()).Image(16, 16, frames: 2).Pixels("OB", new byte[512]).ToFile(DicomBuilder.ExplicitLittle);

    private static byte[] Implicit() => Describe(new DicomBuilder(explicitVr: false)).Image(16, 16, frames: 2).Pixels("OW", new byte[512]).ToFile(DicomBuilder.ImplicitLittle);

    private static byte[] RunLength()
    {
        byte[] frame = DicomBuilder.EncodeRle([.. Enumerable.Range(0, 256).Select(i => (byte)(i / 7))]);
        var builder = Describe(new DicomBuilder()).Image(16, 16, "PALETTE COLOR", frames: 2);
        for (uint i = 0; i < 3; i++)
        {
            builder.UInt16(DicomTags.RedPaletteDescriptor + i, 256, 0, 16).Element(DicomTags.RedPaletteData + i, "OW", new byte[512]);
        }

        return builder.Fragments([0, (uint)(8 + frame.Length)], [frame, frame]).ToFile(DicomBuilder.Rle);
    }

    private static byte[] DeflatedFile() => Describe(new DicomBuilder()).Image(16, 16, frames: 2).Pixels("OB", new byte[512]).ToFile(DicomBuilder.Deflated);

    private static DicomBuilder Describe(DicomBuilder builder) => builder
        .Text(DicomTags.SopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.3.1")
        .Text(DicomTags.FrameTime, "DS", "33.3")
        .Sequence(DicomTags.SequenceOfUltrasoundRegions, definedLength: false, itemDelimiters: true, item => item
            .UInt16(DicomTags.RegionSpatialFormat, 1)
            .UInt32(DicomTags.RegionLocationMinX0, 0).UInt32(DicomTags.RegionLocationMinY0, 0)
            .UInt32(DicomTags.RegionLocationMaxX1, 9).UInt32(DicomTags.RegionLocationMaxY1, 9)
            .Double(DicomTags.PhysicalDeltaX, 0.1));

    private static IEnumerable<TestCaseData> Files()
    {
        yield return new TestCaseData(Native()).SetArgDisplayNames("native");
        yield return new TestCaseData(Implicit()).SetArgDisplayNames("implicit");
        yield return new TestCaseData(RunLength()).SetArgDisplayNames("rle palette");
        yield return new TestCaseData(DeflatedFile()).SetArgDisplayNames("deflated");
    }

    [TestCaseSource(nameof(Files))]
    public void Open_OfWholeFile_ReadsIt(byte[] file) => Assert.That(DicomBuilder.ReadFrames(file), Has.Length.EqualTo(2));

    [TestCaseSource(nameof(Files))]
    public void Open_OfFileCutAnywhere_GivesOneClearError(byte[] file)
    {
        for (int length = 0; length < file.Length - 8; length++)
        {
            Assert.That(() => DicomBuilder.ReadFrames(file[..length]), Throws.InstanceOf<DataException>(), $"cut to {length} of {file.Length} bytes");
        }
    }

    [TestCaseSource(nameof(Files))]
    public void Open_OfMutatedFile_ReadsItOrGivesOneClearError(byte[] file)
    {
        var random = new RandomStream(7);
        for (int i = 0; i < 1500; i++)
        {
            byte[] mutated = [.. file];
            int changes = 1 + (int)(random.NextUInt64() % 4);
            for (int change = 0; change < changes; change++)
            {
                // Headers are where damage matters: most changes go to the first bytes after the preamble.
                ulong range = random.NextUInt64() % 4 == 0 ? (ulong)file.Length : (ulong)Math.Min(file.Length, 900);
                int place = (int)(128 + (random.NextUInt64() % (range - 128)));
                mutated[place] = (byte)(random.NextUInt64() % 3 == 0 ? 0xFF : random.NextUInt64());
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                DicomBuilder.ReadFrames(mutated);
            }
            catch (DataException error)
            {
                Assert.That(error.Message, Does.StartWith("test.dcm: "), $"mutation {i}");
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostAllocated), $"mutation {i}");
        }
    }

    [Test]
    public void Open_OfRandomBytes_GivesOneClearError()
    {
        var random = new RandomStream(11);
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = new byte[i * 3];
            for (int k = 0; k < bytes.Length; k++)
            {
                bytes[k] = (byte)random.NextUInt64();
            }

            "DICM"u8.CopyTo(bytes.Length > 132 && i % 2 == 0 ? bytes.AsSpan(128) : new byte[4]);
            Assert.That(() => DicomBuilder.Open(bytes), Throws.InstanceOf<DataException>());
        }
    }

    [Test]
    public void Open_OfNativeFileCutInItsLastFrame_ReadsTheOthersAndSaysSo()
    {
        byte[] pixels = [.. Enumerable.Range(0, 512).Select(i => (byte)i)];
        byte[] file = new DicomBuilder().Image(16, 16, frames: 2).Pixels("OB", pixels).ToFile(DicomBuilder.ExplicitLittle);
        AssertLastFrameMissing(file[..^10], pixels[..256]);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Open_OfEncapsulatedFileCutInItsLastFrame_ReadsTheOthersAndSaysSo(bool table)
    {
        byte[] pixels = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        byte[] frame = DicomBuilder.EncodeRle(pixels);
        byte[] file = new DicomBuilder().Image(16, 16, frames: 2).Fragments(table ? [0, (uint)(8 + frame.Length)] : [], [frame, frame]).ToFile(DicomBuilder.Rle);
        AssertLastFrameMissing(file[..^20], pixels);
    }

    [Test]
    public void Open_OfCutFileThatDeclaresVeryManyFrames_IsRefused()
    {
        byte[] native = new DicomBuilder().Image(16, 16, frames: 2_000_000_000).Pixels("OB", new byte[512]).ToFile(DicomBuilder.ExplicitLittle);
        byte[] encoded = new DicomBuilder().Image(16, 16, frames: 2_000_000_000).Fragments([], [DicomBuilder.EncodeRle(new byte[256]), DicomBuilder.EncodeRle(new byte[256])]).ToFile(DicomBuilder.Rle);
        Assert.Multiple(() =>
        {
            Assert.That(() => DicomBuilder.Open(native[..^10]), Throws.InstanceOf<DataException>().With.Message.Contains("2000000000 frames"));
            Assert.That(() => DicomBuilder.Open(encoded[..^20]), Throws.InstanceOf<DataException>().With.Message.Contains("2000000000 frames"));
        });
    }

    [Test]
    public void Open_WithoutNumberOfFrames_CountsThem()
    {
        byte[] frame = DicomBuilder.EncodeRle(new byte[256]);
        var native = DicomBuilder.Open(new DicomBuilder().Image(16, 16).Pixels("OB", new byte[768]).ToFile(DicomBuilder.ExplicitLittle));
        var encoded = DicomBuilder.Open(new DicomBuilder().Image(16, 16).Fragments([], [frame, frame, frame]).ToFile(DicomBuilder.Rle));
        Assert.Multiple(() =>
        {
            Assert.That((native.FrameCount, encoded.FrameCount), Is.EqualTo((3, 3)));
            Assert.That(native.Notes, Has.One.Contains("3 were found"));
            Assert.That(encoded.Notes, Has.One.Contains("3 were found"));
        });
    }

    [Test]
    public void Open_WithMorePixelsThanDeclared_SaysSo() =>
        Assert.That(
            DicomBuilder.Open(new DicomBuilder().Image(16, 16, frames: 1).Pixels("OB", new byte[768]).ToFile(DicomBuilder.ExplicitLittle)).Notes,
            Has.One.Contains("holds 3 frames"));

    private static byte[] Level(byte level) => DicomBuilder.EncodeRle(Enumerable.Repeat(level, 256).ToArray());

    [TestCase(false)]
    [TestCase(true)]
    public void Open_WithMoreRleFramesThanDeclared_ReadsTheDeclaredOnesAndSaysSo(bool table)
    {
        byte[][] frames = [Level(10), Level(20), Level(30)];
        uint step = (uint)(8 + frames[0].Length);
        byte[] file = new DicomBuilder().Image(16, 16, frames: 2).Fragments(table ? [0, step, 2 * step] : [], frames).ToFile(DicomBuilder.Rle);
        Assert.Multiple(() =>
        {
            Assert.That(DicomBuilder.ReadFrames(file).Select(frame => frame[0]), Is.EqualTo(new byte[] { 10, 20 }));
            Assert.That(DicomBuilder.Open(file).Notes, Has.One.EqualTo("The pixel data holds 3 frames; the 2 that the header declares were read."));
        });
    }

    private static void AssertLastFrameMissing(byte[] file, byte[] first)
    {
        var clip = DicomBuilder.Open(file);
        Assert.Multiple(() =>
        {
            Assert.That(clip.FrameCount, Is.EqualTo(2));
            Assert.That(clip.Notes, Has.One.Contains("the last 1 of 2 frames are missing"));
            Assert.That(clip.ReadFrame(0), Is.EqualTo(first));
            Assert.That(() => clip.ReadFrame(1), Throws.InstanceOf<DataException>().With.Message.Contains("frame 1").And.Message.Contains("cut short"));
        });
    }

    [Test]
    public void Open_OfFileThatFailsWhenRead_GivesOneClearError()
    {
        // A file that can be opened, has a length, and gives an error when it is read.
        const string path = "/sys/class/net/lo/speed";
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            Assert.Ignore("needs Linux");
        }

        Assert.That(() => new DicomClipSource().Open(path), Throws.InstanceOf<DataException>().With.Message.Contains(path).And.Message.Contains("cannot be read at offset 0"));
    }

    [Test]
    public void ReadFrame_AfterTheFileIsGone_GivesOneClearError()
    {
        using var file = new TestFile(Native());
        var clip = new DicomClipSource().Open(file.Path);
        byte[] whole = clip.ReadFrame(1);
        file.Dispose();
        Assert.That(whole, Is.EqualTo(new byte[256]));
        Assert.That(() => clip.ReadFrame(0), Throws.InstanceOf<DataException>().With.Message.Contains("cannot be opened"));
    }
}
