using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Sources.Dicom;

public sealed class DicomClipWriterTests
{
    private const uint PixelData = 0x7FE00010;

    [TestCase(1, "MONOCHROME2")]
    [TestCase(3, "RGB")]
    public void Write_Uncompressed_HoldsEveryPixel(int channels, string photometric)
    {
        var clip = TestClips.Make(channels);
        var file = Write(clip);
        byte[] expected = [.. Enumerable.Range(0, clip.FrameCount).SelectMany(clip.ReadFrame)];
        Assert.That(file.Text(0x00020010), Is.EqualTo("1.2.840.10008.1.2.1"));
        Assert.That(file.Text(0x00280004), Is.EqualTo(photometric));
        Assert.That(file.Elements[PixelData].Value[..expected.Length], Is.EqualTo(expected));
        Assert.That(file.UInt16(0x00280010), Is.EqualTo(clip.Height));
        Assert.That(file.UInt16(0x00280011), Is.EqualTo(clip.Width));
        Assert.That(file.Text(0x00280008), Is.EqualTo("3"));
    }

    [Test]
    public void Write_Always_ElementsAscendAndMetaLengthIsRight()
    {
        byte[] bytes = Bytes(TestClips.Make(1));
        var file = new DicomBytes(bytes);
        Assert.That(file.Order, Is.Ordered.And.Unique);
        int metaEnd = 132 + 12 + (int)BinaryPrimitives.ReadUInt32LittleEndian(file.Elements[0x00020000].Value);
        Assert.That(bytes.AsSpan(metaEnd, 2).ToArray(), Is.EqualTo(new byte[] { 8, 0 }), "group 0008 follows the meta information");
        Assert.That(file.Text(0x00020003), Is.EqualTo(file.Text(0x00080018)));
        Assert.That(file.Text(0x00080016), Is.EqualTo("1.2.840.10008.5.1.4.1.1.3.1"));
    }

    [Test]
    public void Write_Always_NamesNoPatientAndNoDate()
    {
        var file = Write(TestClips.Make(1));
        foreach (uint tag in new uint[] { 0x00080020, 0x00080023, 0x00080030, 0x00080050, 0x00080090, 0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00200010 })
        {
            Assert.That(file.Elements[tag].Value, Is.Empty, $"{tag:X8}");
        }
    }

    [Test]
    public void Write_KnownDescription_WritesRegionTimesHeartRateAndView()
    {
        var file = Write(TestClips.Make(1));
        var region = file.OnlyItem(0x00186011);
        Assert.That(Double(region, 0x0018602C), Is.EqualTo(.05).Within(1e-12), "centimetres");
        Assert.That(Double(region, 0x0018602E), Is.EqualTo(.05).Within(1e-12));
        Assert.That(Number(region, 0x00186018), Is.EqualTo(2));
        Assert.That(Number(region, 0x0018601A), Is.EqualTo(3));
        Assert.That(Number(region, 0x0018601C), Is.EqualTo(21), "the last column, inclusive");
        Assert.That(Number(region, 0x0018601E), Is.EqualTo(17));
        Assert.That(BinaryPrimitives.ReadUInt16LittleEndian(region[0x00186024].Value), Is.EqualTo(3));
        Assert.That(file.Text(0x00181063), Is.EqualTo("25"));
        Assert.That(file.Elements[0x00280009].Value, Is.EqualTo(new byte[] { 0x18, 0, 0x63, 0x10 }));
        Assert.That(file.Text(0x00181088), Is.EqualTo("72"));
        var view = file.OnlyItem(0x00540220);
        Assert.That(Encoding.ASCII.GetString(view[0x00080100].Value).Trim(), Is.EqualTo("399214001"));
        Assert.That(Encoding.ASCII.GetString(view[0x00080104].Value).Trim(), Is.EqualTo("Apical four chamber"));
    }

    [Test]
    public void Write_UnevenTimes_WritesTheVectorOfIncrements()
    {
        var even = TestClips.Make(1);
        var clip = Copy(even, times: [0, 20, 50.5]);
        var file = Write(clip);
        Assert.That(file.Text(0x00181065), Is.EqualTo(@"0\20\30.5"));
        Assert.That(file.Elements[0x00280009].Value, Is.EqualTo(new byte[] { 0x18, 0, 0x65, 0x10 }));
        Assert.That(file.Elements, Does.Not.ContainKey(0x00181063u));
    }

    [Test]
    public void Write_NothingKnown_ClaimsNothing()
    {
        var file = Write(Copy(TestClips.Make(1), times: null));
        foreach (uint tag in new uint[] { 0x00181063, 0x00181065, 0x00181088, 0x00186011, 0x00540220, 0x00204000, 0x00280301 })
        {
            Assert.That(file.Elements, Does.Not.ContainKey(tag), $"{tag:X8}");
        }

        Assert.That(file.Elements[0x00280009].Value, Is.EqualTo(new byte[] { 0x18, 0, 2, 0x20 }), "frames are told apart by labels");
        Assert.That(file.Text(0x00182002), Is.EqualTo(@"1\2\3"));
    }

    // What times read from 32-bit seconds look like: sixteen digits each, of which the last are noise.
    [TestCase(true)]
    [TestCase(false)]
    public void Write_VeryManyFrames_WritesTimesOrLabelsThatComeBack(bool timed)
    {
        const int frames = 13_000;
        double[] times = [.. Enumerable.Range(0, frames).Select(i => (i / 3.0 * 10) + (i % 2))];
        var clip = new EchoClip(new MemoryFrameStore(new byte[frames], frames, 1, 1, 1), new ClipOrigin("test", "memory")) { FrameTimesMs = timed ? times : null };
        byte[] bytes = Bytes(clip);
        var written = new DicomBytes(bytes).Elements[timed ? 0x00181065u : 0x00182002u];
        Assert.Multiple(() =>
        {
            Assert.That(written.Vr, Is.EqualTo("UN"), "longer than 65,534 bytes");
            Assert.That(DicomBuilder.Open(bytes).FrameTimesMs, timed ? Is.EqualTo(times).Within(1e-6) : Is.Null);
            Assert.That(DicomBuilder.Open(bytes).FrameCount, Is.EqualTo(frames));
        });
    }

    [Test]
    public void Write_UnevenTimesWithNoise_RoundsToNanoseconds() =>
        Assert.That(Write(Copy(TestClips.Make(1), times: [0, 20.1 + 1e-12, 60.4])).Text(0x00181065), Is.EqualTo(@"0\20.1\40.3"));

    // A region without calibration, or of a kind that never gives the clip's spacing, beside a spacing of the whole picture.
    [TestCase(RegionKind.Waveform, false)]
    [TestCase(RegionKind.MMode, true)]
    [TestCase(RegionKind.Tissue2D, false)]
    public void Write_SpacingThatNoRegionCarries_ComesBack(RegionKind kind, bool calibrated)
    {
        var region = new UltrasoundRegion(1, 2, 10, 9, kind, calibrated ? new PixelSpacing(7, 7) : null);
        var clip = new EchoClip(new MemoryFrameStore(new byte[21 * 35], 1, 21, 35, 1), new ClipOrigin("test", "memory")) { Spacing = new PixelSpacing(.3, .4), Regions = [region] };
        var read = DicomBuilder.Open(Bytes(clip));
        Assert.Multiple(() =>
        {
            Assert.That(read.Spacing, Is.EqualTo(new PixelSpacing(.3, .4)));
            Assert.That(read.Regions, Is.EqualTo(new[] { region }));
        });
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Write_RunLength_UnpacksToEveryPixel(int channels)
    {
        var clip = TestClips.Make(channels);
        var file = Write(clip, new DicomWriteOptions { Encoding = DicomPixelEncoding.RunLength });
        Assert.That(file.Text(0x00020010), Is.EqualTo("1.2.840.10008.1.2.5"));
        Assert.That(file.Fragments, Has.Count.EqualTo(1 + clip.FrameCount));
        Assert.That(OffsetTable(file), Is.EqualTo(ExpectedOffsets(file)));
        for (int i = 0; i < clip.FrameCount; i++)
        {
            Assert.That(Unpack(file.Fragments[i + 1], clip.Height * clip.Width, channels), Is.EqualTo(clip.ReadFrame(i)), $"frame {i}");
        }
    }

    [TestCase(1, "MONOCHROME2")]
    [TestCase(3, "YBR_FULL_422")]
    public void Write_Jpeg_DecodesCloseToThePixels(int channels, string photometric)
    {
        var clip = TestClips.Make(channels);
        var file = Write(clip, new DicomWriteOptions { Encoding = DicomPixelEncoding.JpegBaseline, JpegQuality = 98 });
        Assert.That(file.Text(0x00020010), Is.EqualTo("1.2.840.10008.1.2.4.50"));
        Assert.That(file.Text(0x00280004), Is.EqualTo(photometric));
        Assert.That(file.Text(0x00282110), Is.EqualTo("01"));
        Assert.That(OffsetTable(file), Is.EqualTo(ExpectedOffsets(file)));
        using var image = Cv2.ImDecode(file.Fragments[2], channels == 1 ? ImreadModes.Grayscale : ImreadModes.Color);
        byte[] expected = clip.ReadFrame(1);
        Assert.That((image.Rows, image.Cols), Is.EqualTo((clip.Height, clip.Width)));
        byte first = channels == 1 ? image.At<byte>(15, 12) : image.At<Vec3b>(15, 12).Item2;
        Assert.That(first, Is.EqualTo(expected[((15 * clip.Width) + 12) * channels]).Within(6));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Write_OfLossySource_SaysSoHoweverItIsStored(bool lossy)
    {
        var clip = new EchoClip(new MemoryFrameStore(new byte[12], 1, 3, 4, 1), new ClipOrigin("test", "memory") { IsLossy = lossy });
        foreach (var encoding in new[] { DicomPixelEncoding.Uncompressed, DicomPixelEncoding.RunLength })
        {
            byte[] bytes = Bytes(clip, new DicomWriteOptions { Encoding = encoding });
            Assert.That(new DicomBytes(bytes).Elements.ContainsKey(0x00282110), Is.EqualTo(lossy));
            Assert.That(DicomBuilder.Open(bytes).Origin.IsLossy, Is.EqualTo(lossy), "and read back");
        }
    }

    [Test]
    public void Write_JpegQuality_ChangesTheSize()
    {
        var clip = TestClips.Make(1);
        int good = Bytes(clip, new DicomWriteOptions { Encoding = DicomPixelEncoding.JpegBaseline, JpegQuality = 99 }).Length;
        int poor = Bytes(clip, new DicomWriteOptions { Encoding = DicomPixelEncoding.JpegBaseline, JpegQuality = 20 }).Length;
        Assert.That(poor, Is.LessThan(good));
    }

    [Test]
    public void Write_Uids_FollowTheSeedOrElseThePixels()
    {
        var clip = TestClips.Make(1);
        Assert.That(Bytes(clip), Is.EqualTo(Bytes(clip)), "equal clips give equal bytes");
        string fromPixels = Write(clip).Text(0x00080018);
        Assert.That(Write(TestClips.Make(1, frames: 4)).Text(0x00080018), Is.Not.EqualTo(fromPixels));
        var first = Write(clip, new DicomWriteOptions { UidSeed = "a", StudySeed = "s" });
        var second = Write(clip, new DicomWriteOptions { UidSeed = "b", StudySeed = "s" });
        Assert.That(first.Text(0x00080018), Is.Not.EqualTo(second.Text(0x00080018)));
        Assert.That(first.Text(0x0020000D), Is.EqualTo(second.Text(0x0020000D)), "one study");
        Assert.That(first.Text(0x00080018), Does.Match(@"^2\.25\.[1-9][0-9]{1,38}$"));
    }

    [Test]
    public void Write_OtherOptions_HaveAnEffect()
    {
        var file = Write(TestClips.Make(1), new DicomWriteOptions { BurnedInAnnotation = false, Derived = false, InstanceNumber = 7 });
        Assert.That(file.Text(0x00280301), Is.EqualTo("NO"));
        Assert.That(file.Text(0x00080008), Is.EqualTo(@"ORIGINAL\PRIMARY"));
        Assert.That(file.Text(0x00200013), Is.EqualTo("7"));
        Assert.That(Write(TestClips.Make(1)).Text(0x00080008), Is.EqualTo(@"DERIVED\PRIMARY"));
    }

    [Test]
    public void Write_OptionOutOfRange_NamesItAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clip.dcm");
        Assert.That(
            () => DicomClipWriter.Write(path, TestClips.Make(1), new DicomWriteOptions { JpegQuality = 0 }),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("jpeg_quality: 0"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Write_FrameThatCannotBeRead_LeavesTheEarlierFile()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clip.dcm");
        File.WriteAllText(path, "earlier");
        var clip = new EchoClip(new FailingStore(), new ClipOrigin("bad", "memory"));
        Assert.That(() => DicomClipWriter.Write(path, clip, new DicomWriteOptions { UidSeed = "x" }), Throws.TypeOf<DataException>());
        Assert.That(File.ReadAllText(path), Is.EqualTo("earlier"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path).Count(), Is.EqualTo(1));
    }

    [TestCase(1.0 / 3)]
    [TestCase(-123456.789012345678)]
    [TestCase(1e-17)]
    [TestCase(40)]
    public void FormatDecimal_AnyNumber_FitsInSixteenCharacters(double value)
    {
        string text = DicomElementWriter.FormatDecimal(value);
        Assert.That(text.Length, Is.LessThanOrEqualTo(16));
        Assert.That(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(value).Within(1e-7).Percent);
    }

    [TestCase("PLAX", "399139001")]
    [TestCase("Apical two chamber", "399232001")]
    [TestCase("a5c", "A5C")]
    [TestCase("something else", "OTHER")]
    public void Find_ViewLabel_GivesItsCode(string label, string code) => Assert.That(ViewCode.Find(label).Value, Is.EqualTo(code));

    [TestCase(DicomPixelEncoding.Uncompressed, 1, 0)]
    [TestCase(DicomPixelEncoding.Uncompressed, 3, 0)]
    [TestCase(DicomPixelEncoding.RunLength, 1, 0)]
    [TestCase(DicomPixelEncoding.RunLength, 3, 0)]
    [TestCase(DicomPixelEncoding.JpegBaseline, 1, 12)]
    public void Write_ThenOpen_GivesTheClipBack(DicomPixelEncoding encoding, int channels, int tolerance)
    {
        using var folder = new TemporaryFolder();
        var clip = TestClips.Make(channels);
        DicomClipWriter.Write(folder.File("clip.dcm"), clip, new DicomWriteOptions { Encoding = encoding, JpegQuality = 98 });
        var read = ClipReader.Open(folder.File("clip.dcm"));
        Assert.That((read.FrameCount, read.Height, read.Width, read.Channels), Is.EqualTo((3, 21, 35, channels)));
        Assert.That(read.FrameTimesMs, Is.EqualTo(clip.FrameTimesMs).Within(1e-9));
        Assert.That(read.Spacing!.XMm, Is.EqualTo(.5).Within(1e-9));
        Assert.That(read.HeartRateBpm, Is.EqualTo(72));
        Assert.That(read.View, Is.EqualTo("Apical four chamber"));
        Assert.That(read.Regions, Has.Count.EqualTo(1));
        Assert.That(read.Regions[0], Is.EqualTo(clip.Regions[0]));
        for (int i = 0; i < 3; i++)
        {
            Assert.That(read.ReadFrame(i), Is.EqualTo(clip.ReadFrame(i)).Within(tolerance), $"frame {i}");
        }
    }

    private static DicomBytes Write(EchoClip clip, DicomWriteOptions? options = null) => new(Bytes(clip, options));

    private static byte[] Bytes(EchoClip clip, DicomWriteOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        DicomClipWriter.Write(folder.File("clip.dcm"), clip, options);
        return File.ReadAllBytes(folder.File("clip.dcm"));
    }

    private static EchoClip Copy(EchoClip clip, double[]? times)
    {
        byte[] pixels = [.. Enumerable.Range(0, clip.FrameCount).SelectMany(clip.ReadFrame)];
        return new EchoClip(new MemoryFrameStore(pixels, clip.FrameCount, clip.Height, clip.Width, clip.Channels), clip.Origin) { FrameTimesMs = times };
    }

    private static double Double(Dictionary<uint, (string Vr, byte[] Value)> item, uint tag) => BinaryPrimitives.ReadDoubleLittleEndian(item[tag].Value);

    private static uint Number(Dictionary<uint, (string Vr, byte[] Value)> item, uint tag) => BinaryPrimitives.ReadUInt32LittleEndian(item[tag].Value);

    private static uint[] OffsetTable(DicomBytes file) =>
        [.. file.Fragments[0].Chunk(4).Select(b => BinaryPrimitives.ReadUInt32LittleEndian(b))];

    private static uint[] ExpectedOffsets(DicomBytes file)
    {
        var offsets = new List<uint>();
        uint offset = 0;
        foreach (byte[] fragment in file.Fragments.Skip(1))
        {
            offsets.Add(offset);
            offset += 8 + (uint)fragment.Length;
        }

        return [.. offsets];
    }

    private static byte[] Unpack(byte[] fragment, int plane, int channels)
    {
        Assert.That(BinaryPrimitives.ReadInt32LittleEndian(fragment), Is.EqualTo(channels));
        byte[] pixels = new byte[plane * channels];
        for (int channel = 0; channel < channels; channel++)
        {
            int at = BinaryPrimitives.ReadInt32LittleEndian(fragment.AsSpan(4 + (4 * channel)));
            Assert.That(at % 2, Is.Zero);
            for (int done = 0; done < plane;)
            {
                int control = (sbyte)fragment[at++];
                int count = control >= 0 ? control + 1 : 1 - control;
                for (int i = 0; i < count; i++)
                {
                    pixels[((done + i) * channels) + channel] = fragment[control >= 0 ? at + i : at];
                }

                at += control >= 0 ? count : 1;
                done += count;
            }
        }

        return pixels;
    }

    private sealed class FailingStore : IFrameStore
    {
        public int FrameCount => 2;

        public int Height => 8;

        public int Width => 8;

        public int Channels => 1;

        public void ReadFrame(int index, Span<byte> destination)
        {
            if (index == 1)
            {
                throw new DataException("bad", "is cut short.", index);
            }
        }
    }
}
