using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Sources.Dicom;

public sealed class DicomCodecTests
{
    private const int Rows = 32;
    private const int Columns = 48;

    // Smooth colours, so that the loss of JPEG is small.
    private static byte[] Colors(int seed = 0)
    {
        byte[] rgb = new byte[Rows * Columns * 3];
        for (int i = 0; i < Rows * Columns; i++)
        {
            (rgb[3 * i], rgb[(3 * i) + 1], rgb[(3 * i) + 2]) = ((byte)(200 - (4 * (i / Columns)) + seed), (byte)(30 + (3 * (i % Columns))), (byte)(60 + seed));
        }

        return rgb;
    }

    private static byte[] Encode(string extension, byte[] rgb, params int[] parameters)
    {
        using var picture = Mat.FromPixelData(Rows, Columns, MatType.CV_8UC3, rgb);
        using var ordered = new Mat();
        Cv2.CvtColor(picture, ordered, ColorConversionCodes.RGB2BGR);
        Cv2.ImEncode(extension, ordered, out byte[] bytes, parameters);
        return bytes;
    }

    // IMWRITE_JPEG_SAMPLING_FACTOR, which OpenCvSharp does not name, and two of its values: chroma whole, or halved along both axes.
    private const int SamplingFactor = 7;
    private const int Whole = 0x111111;
    private const int Halved = 0x221111;

    private static byte[] Jpeg(int seed = 0, int sampling = Halved) => Encode(".jpg", Colors(seed), (int)ImwriteFlags.JpegQuality, 98, SamplingFactor, sampling);

    // Without its JFIF segment a stream does not say what its components are.
    private static byte[] WithoutJfif(byte[] jpeg) => [.. jpeg[..2], .. jpeg[(4 + ((jpeg[4] << 8) | jpeg[5]) - 2 + 2)..]];

    private static DicomBuilder Color(string photometric, int? frames = null) => new DicomBuilder().Image(Rows, Columns, photometric, 3, frames: frames);

    private static int Difference(byte[] a, byte[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    [Test]
    public void ReadFrame_OfJpegYbr_ConvertsToRgb()
    {
        byte[] frame = DicomBuilder.ReadFrames(Color("YBR_FULL_422").Fragments([], [Jpeg()]).ToFile(DicomBuilder.JpegBaseline))[0];
        Assert.That(Difference(frame, Colors()), Is.LessThanOrEqualTo(4));
    }

    [Test]
    public void ReadFrame_OfUnmarkedJpegYbr_ConvertsToRgb()
    {
        byte[] frame = DicomBuilder.ReadFrames(Color("YBR_FULL_422").Fragments([], [WithoutJfif(Jpeg())]).ToFile(DicomBuilder.JpegBaseline))[0];
        Assert.That(Difference(frame, Colors()), Is.LessThanOrEqualTo(4));
    }

    // Some writers make an APP14 segment that is too short to state a colour transform; decoders pass it over.
    [TestCase(false)]
    [TestCase(true)]
    public void ReadFrame_OfUnmarkedJpegRgb_LeavesTheComponentsAlone(bool shortMarker)
    {
        // The components of the stream are the YCbCr of Colors(); called RGB, they must come out as they are.
        byte[] expected = new byte[Rows * Columns * 3];
        using (var picture = Mat.FromPixelData(Rows, Columns, MatType.CV_8UC3, Colors()))
        using (var ycc = new Mat())
        {
            Cv2.CvtColor(picture, ycc, ColorConversionCodes.RGB2YCrCb);
            ycc.GetArray(out Vec3b[] pixels);
            for (int i = 0; i < pixels.Length; i++)
            {
                (expected[3 * i], expected[(3 * i) + 1], expected[(3 * i) + 2]) = (pixels[i].Item0, pixels[i].Item2, pixels[i].Item1);
            }
        }

        byte[] stream = WithoutJfif(Jpeg(sampling: Whole));
        byte[] marker = shortMarker ? [0xFF, 0xEE, 0, 12, .. "Adobe"u8, 0, 0, 0, 0, 0] : [];
        byte[] frame = DicomBuilder.ReadFrames(Color("RGB").Fragments([], [[.. stream[..2], .. marker, .. stream[2..]]]).ToFile(DicomBuilder.JpegBaseline))[0];
        Assert.That(Difference(frame, expected), Is.LessThanOrEqualTo(4));
    }

    [Test]
    public void ReadFrame_OfSubsampledJpegCalledRgb_ReadsYcbcrWithANote()
    {
        byte[] stream = WithoutJfif(Jpeg(sampling: Halved));
        byte[] file = Color("RGB").Fragments([], [stream]).ToFile(DicomBuilder.JpegBaseline);
        Assert.Multiple(() =>
        {
            Assert.That(Difference(DicomBuilder.ReadFrames(file)[0], Colors()), Is.LessThanOrEqualTo(8));
            Assert.That(DicomBuilder.Open(file).Notes, Has.One.Contains("declared RGB").And.Contains("read as YCbCr"));
        });
    }

    [Test]
    public void ReadFrame_OfJpeg2000_IsExact()
    {
        byte[] stream = Encode(".jp2", Colors(), (int)ImwriteFlags.Jpeg2000CompressionX1000, 1000);
        byte[] frame = DicomBuilder.ReadFrames(Color("YBR_RCT").Fragments([], [stream]).ToFile(DicomBuilder.Jpeg2000))[0];
        Assert.That(frame, Is.EqualTo(Colors()));
    }

    [Test]
    public void ReadFrame_OfGrayJpeg_ReadsOneChannel()
    {
        byte[] gray = [.. Enumerable.Range(0, Rows * Columns).Select(i => (byte)(i % Columns * 4))];
        using var picture = Mat.FromPixelData(Rows, Columns, MatType.CV_8UC1, gray);
        Cv2.ImEncode(".jpg", picture, out byte[] jpeg, [(int)ImwriteFlags.JpegQuality, 98]);
        byte[] frame = DicomBuilder.ReadFrames(new DicomBuilder().Image(Rows, Columns).Fragments([], [jpeg]).ToFile(DicomBuilder.JpegBaseline))[0];
        Assert.That(Difference(frame, gray), Is.LessThanOrEqualTo(3));
        Assert.That(DicomBuilder.Open(new DicomBuilder().Image(Rows, Columns).Fragments([], [jpeg]).ToFile(DicomBuilder.JpegBaseline)).Origin.IsLossy, Is.True);
    }

    [Test]
    public void ReadFrame_OfJpegOfAnotherSize_IsRefused()
    {
        byte[] file = new DicomBuilder().Image(Rows, Columns + 1, "YBR_FULL_422", 3).Fragments([], [Jpeg()]).ToFile(DicomBuilder.JpegBaseline);
        Assert.That(() => DicomBuilder.ReadFrames(file), Throws.InstanceOf<DataException>().With.Message.Contains("frame 0").And.Message.Contains("32 x 48"));
    }

    [Test]
    public void ReadFrame_OfJpegWithoutEnd_IsRefused()
    {
        byte[] file = Color("YBR_FULL_422").Fragments([], [Jpeg()[..^40]]).ToFile(DicomBuilder.JpegBaseline);
        Assert.That(() => DicomBuilder.ReadFrames(file), Throws.InstanceOf<DataException>().With.Message.Contains("no end marker"));
    }

    [Test]
    public void ReadFrame_OfRle_ReadsGrayColourAnd16Bit()
    {
        byte[] gray = DicomBuilder.ReadFrames(new DicomBuilder().Image(2, 3).Fragments([], [DicomBuilder.EncodeRle([[7, 7, 7, 7, 1, 2]])]).ToFile(DicomBuilder.Rle))[0];
        byte[] color = DicomBuilder.ReadFrames(new DicomBuilder().Image(1, 2, "RGB", 3, planar: true).Fragments([], [DicomBuilder.EncodeRle([1, 4], [2, 5], [3, 3])]).ToFile(DicomBuilder.Rle))[0];
        byte[] deep = DicomBuilder.ReadFrames(new DicomBuilder().Image(1, 3, bits: 16).Fragments([], [DicomBuilder.EncodeRle([0x00, 0x80, 0xFF], [0x00, 0x00, 0xFF])]).ToFile(DicomBuilder.Rle))[0];
        Assert.Multiple(() =>
        {
            Assert.That(gray, Is.EqualTo(new byte[] { 7, 7, 7, 7, 1, 2 }));
            Assert.That(color, Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 3 }));
            Assert.That(deep, Is.EqualTo(new byte[] { 0, 128, 255 }));
        });
    }

    [Test]
    public void ReadFrame_OfRleYbr_ConvertsToRgb()
    {
        byte[] file = new DicomBuilder().Image(1, 2, "YBR_FULL", 3).Fragments([], [DicomBuilder.EncodeRle([76, 20], [85, 128], [255, 128])]).ToFile(DicomBuilder.Rle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(new byte[] { 254, 0, 0, 20, 20, 20 }));
    }

    [Test]
    public void ReadFrame_OfRleThatEndsEarly_IsRefused()
    {
        byte[] file = new DicomBuilder().Image(2, 3).Fragments([], [DicomBuilder.EncodeRle([[1, 2, 3]])]).ToFile(DicomBuilder.Rle);
        Assert.That(() => DicomBuilder.ReadFrames(file), Throws.InstanceOf<DataException>().With.Message.Contains("ends before the frame is full"));
    }

    [Test]
    public void ReadFrame_OfRleWithOtherSegments_IsRefused()
    {
        byte[] file = new DicomBuilder().Image(1, 2, "RGB", 3).Fragments([], [DicomBuilder.EncodeRle([1, 2])]).ToFile(DicomBuilder.Rle);
        Assert.That(() => DicomBuilder.ReadFrames(file), Throws.InstanceOf<DataException>().With.Message.Contains("1 segments"));
    }

    [Test]
    public void Open_OfRleTooSmallForItsFrame_IsRefusedBeforeAnythingIsAllocated()
    {
        byte[] file = new DicomBuilder().Image(8000, 8000).Fragments([], [DicomBuilder.EncodeRle([[1, 2, 3]])]).ToFile(DicomBuilder.Rle);
        Assert.That(() => DicomBuilder.Open(file), Throws.InstanceOf<DataException>().With.Message.Contains("cannot hold 8000 x 8000"));
    }

    [Test]
    public void ReadFrame_WithOffsetTable_JoinsTheFragmentsOfAFrame()
    {
        var (a, b) = (Jpeg(0), Jpeg(50));
        byte[][] fragments = [Even(a[..200]), a[200..], Even(b[..100]), b[100..]];
        uint second = (uint)(16 + fragments[0].Length + fragments[1].Length + (fragments[1].Length & 1));
        byte[] file = Color("YBR_FULL_422", 2).Fragments([0, second], fragments).ToFile(DicomBuilder.JpegBaseline);
        AssertTwoFrames(file);
    }

    [Test]
    public void ReadFrame_WithExtendedOffsetTable_JoinsTheFragmentsOfAFrame()
    {
        var (a, b) = (Jpeg(0), Jpeg(50));
        byte[][] fragments = [a[..200], a[200..], b];
        ulong second = (ulong)(16 + 200 + fragments[1].Length + (fragments[1].Length & 1));
        byte[] file = Color("YBR_FULL_422", 2).Element(DicomTags.ExtendedOffsetTable, "OV", [.. BitConverter.GetBytes(0UL), .. BitConverter.GetBytes(second)])
            .Fragments([], fragments).ToFile(DicomBuilder.JpegBaseline);
        AssertTwoFrames(file);
    }

    [Test]
    public void ReadFrame_WithoutOffsetTable_TakesAFragmentAFrame() =>
        AssertTwoFrames(Color("YBR_FULL_422", 2).Fragments([], [Jpeg(0), Jpeg(50)]).ToFile(DicomBuilder.JpegBaseline));

    [Test]
    public void ReadFrame_WithWrongOffsetTable_DoesWithoutIt() =>
        AssertTwoFrames(Color("YBR_FULL_422", 2).Fragments([0, 13], [Jpeg(0), Jpeg(50)]).ToFile(DicomBuilder.JpegBaseline));

    [Test]
    public void ReadFrame_WithoutOffsetTableAndSeveralFragments_LooksForStreamStarts()
    {
        var (a, b) = (Jpeg(0), Jpeg(50));
        AssertTwoFrames(Color("YBR_FULL_422", 2).Fragments([], [a[..200], a[200..], b]).ToFile(DicomBuilder.JpegBaseline));
    }

    [Test]
    public void ReadFrame_OfSeveralStreamsInOneFragment_LooksForTheirEnds() =>
        AssertTwoFrames(Color("YBR_FULL_422", 2).Fragments([], [[.. Jpeg(0), 0, 0, .. Jpeg(50)]]).ToFile(DicomBuilder.JpegBaseline));

    [Test]
    public void ReadFrame_WithoutClosingDelimiter_IsRead() =>
        AssertTwoFrames(Color("YBR_FULL_422", 2).Fragments([], [Jpeg(0), Jpeg(50)], delimiter: false).ToFile(DicomBuilder.JpegBaseline));

    // Each stream a fragment; a stream of two fragments; all streams in one fragment.
    [TestCase(1, 0)]
    [TestCase(2, 0)]
    [TestCase(1, 1)]
    [TestCase(2, 1)]
    [TestCase(2, 2)]
    public void Open_WithMoreJpegFramesThanDeclared_ReadsTheDeclaredOnesAndSaysSo(int declared, int kind)
    {
        var (a, b, c) = (Jpeg(0), Jpeg(50), Jpeg(25));
        byte[][] fragments = kind switch { 0 => [a, b, c], 1 => [Even(a[..200]), a[200..], b, c], _ => [[.. a, .. b, .. c]] };
        byte[] file = Color("YBR_FULL_422", declared).Fragments([], fragments).ToFile(DicomBuilder.JpegBaseline);
        byte[][] frames = DicomBuilder.ReadFrames(file);
        Assert.Multiple(() =>
        {
            Assert.That(frames, Has.Length.EqualTo(declared));
            Assert.That(Difference(frames[^1], Colors(declared == 1 ? 0 : 50)), Is.LessThanOrEqualTo(4));
            Assert.That(DicomBuilder.Open(file).Notes, Has.One.EqualTo($"The pixel data holds 3 frames; the {declared} that the header declares were read."));
        });
    }

    [Test]
    public void Open_OfFragmentsThatCannotBeToldApart_SaysSo()
    {
        byte[] rle = DicomBuilder.EncodeRle([[1, 2, 3, 4, 5, 6]]);
        byte[] file = new DicomBuilder().Image(2, 3, frames: 4).Fragments([], [rle, rle, rle]).ToFile(DicomBuilder.Rle);
        Assert.That(() => DicomBuilder.Open(file), Throws.InstanceOf<DataException>().With.Message.Contains("4 frames, but its pixel data has 3 fragments"));
    }

    private static byte[] Even(byte[] bytes) => bytes.Length % 2 == 0 ? bytes : throw new ArgumentException("A fragment inside a stream has even length.");

    private static void AssertTwoFrames(byte[] file)
    {
        byte[][] frames = DicomBuilder.ReadFrames(file);
        Assert.Multiple(() =>
        {
            Assert.That(frames, Has.Length.EqualTo(2));
            Assert.That(Difference(frames[0], Colors(0)), Is.LessThanOrEqualTo(4));
            Assert.That(Difference(frames[1], Colors(50)), Is.LessThanOrEqualTo(4));
        });
    }
}
