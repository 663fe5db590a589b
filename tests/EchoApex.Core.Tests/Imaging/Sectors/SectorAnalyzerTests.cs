using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Sectors;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Imaging.Sectors;

public sealed class SectorAnalyzerTests
{
    // The acceptance by hand: ECHOAPEX_SCREENS=1000, and ECHOAPEX_SCREENS_SEED for others than the usual ones.
    private static int Screens => Setting("ECHOAPEX_SCREENS", 30);

    private static ulong Seed => (ulong)Setting("ECHOAPEX_SCREENS_SEED", 11);

    [Test]
    public void Analyze_OfScannerScreens_KeepsTheFanAndNoText()
    {
        int sure = 0;
        double least = 1;
        var faults = new List<string>();
        for (int i = 0; i < Screens; i++)
        {
            var screen = ScannerScreen.Generate(new ScannerOptions { Frames = 4 }, Seed, i);
            var analysis = SectorAnalyzer.Analyze(screen.Clip);
            if (!analysis.IsSure)
            {
                TestContext.Out.WriteLine($"{i} ({screen.Kind}) quarantined, {analysis.Confidence:0.00}: {string.Join("; ", analysis.Doubts)}");
                continue;
            }

            sure++;
            var (kept, survivors) = screen.Compare(analysis.Crop!);
            least = Math.Min(least, kept);
            if (kept < 0.99 || survivors > 0)
            {
                faults.Add($"{i} ({screen.Kind}, {screen.Clip.Width} x {screen.Clip.Height}): {kept:0.0000} of the fan kept, {survivors} drawn pixels survive, confidence {analysis.Confidence:0.00}");
            }
        }

        TestContext.Out.WriteLine($"seed {Seed}: {Screens} screens, {sure} pass, {(Screens - sure) / (double)Screens:P1} quarantined, at least {least:0.0000} of the fan kept");
        Assert.Multiple(() =>
        {
            Assert.That(faults, Is.Empty);
            Assert.That(sure, Is.GreaterThanOrEqualTo(0.95 * Screens), "of ordinary screens, nearly all pass");
        });
    }

    // Where the guard is what keeps text out or the fan in: a letter at an edge, at a point, dim edges, form off by a part of a pixel.
    [TestCase(11ul, 146)]
    [TestCase(11ul, 275)]
    [TestCase(11ul, 479)]
    [TestCase(11ul, 692)]
    [TestCase(11ul, 995)]
    [TestCase(12ul, 884)]
    [TestCase(12ul, 947)]
    public void Analyze_ScreenThatOnceFailed_KeepsTheFanAndNoTextOrIsNotSure(ulong seed, int index)
    {
        var screen = ScannerScreen.Generate(new ScannerOptions { Frames = 4 }, seed, index);
        var analysis = SectorAnalyzer.Analyze(screen.Clip);
        TestContext.Out.WriteLine($"confidence {analysis.Confidence:0.00}");
        if (analysis.IsSure)
        {
            var (kept, survivors) = screen.Compare(analysis.Crop!);
            Assert.That(survivors, Is.Zero);
            Assert.That(kept, Is.GreaterThanOrEqualTo(0.99));
        }
    }

    // Ripples of compression hide the letters' faintest pixels and the image's darkest: no letter may be legible, and most of the fan stays.
    [Test]
    public void Analyze_OfCompressedScreens_KeepsNoText()
    {
        int count = Math.Max(12, Screens / 4), sure = 0;
        for (int i = 0; i < count; i++)
        {
            var screen = ScannerScreen.Generate(new ScannerOptions { Frames = 4 }, Seed + 100, i);
            var analysis = SectorAnalyzer.Analyze(screen.Clip.WithFrames(Compressed(screen.Clip), null, null, []));
            if (analysis.IsSure)
            {
                sure++;
                var (kept, survivors) = screen.Compare(analysis.Crop!);
                Assert.That(survivors, Is.LessThanOrEqualTo(2), $"screen {i}, {screen.Kind}");
                Assert.That(kept, Is.GreaterThanOrEqualTo(0.95), $"screen {i}, {screen.Kind}");
            }
        }

        TestContext.Out.WriteLine($"{count} compressed screens, {sure} pass");
        Assert.That(sure, Is.GreaterThanOrEqualTo(0.75 * count));
    }

    [Test]
    public void Analyze_PictureThatReachesTheFramesCorners_DoesNotFail()
    {
        var random = new RandomStream(5);
        byte[] pixels = [.. Enumerable.Range(0, 200 * 160).Select(_ => (byte)(60 + random.NextInt32(150)))];
        pixels.AsSpan(0, 400).Fill(200);
        pixels.AsSpan(pixels.Length - 400).Fill(200);
        var clip = new EchoClip(new MemoryFrameStore(pixels, 1, 160, 200, 1), new ClipOrigin("memory", "memory"));

        Assert.That(() => SectorAnalyzer.Analyze(clip), Throws.Nothing);
    }

    [TestCase(PhantomDifficulty.Easy)]
    [TestCase(PhantomDifficulty.Hard)]
    public void Analyze_OfPhantoms_IsSureAndKeepsTheFan(PhantomDifficulty difficulty)
    {
        var options = new PhantomOptions { Frames = 6, Difficulty = difficulty };
        for (int i = 0; i < options.Views.Count; i++)
        {
            var (clip, truth) = PhantomGenerator.Generate(options, seed: 3, i);
            var analysis = SectorAnalyzer.Analyze(clip);
            Assert.That(analysis.IsSure, Is.True, $"phantom {i}: {string.Join("; ", analysis.Doubts)}");
            var (inside, kept) = (0, 0);
            for (int at = 0; at < clip.Width * clip.Height; at++)
            {
                int x = at % clip.Width, y = at / clip.Width;
                if (truth.Sector.Contains(x, y))
                {
                    inside++;
                    kept += IsKept(analysis.Crop!, x, y) ? 1 : 0;
                }
            }

            Assert.That(kept / (double)inside, Is.GreaterThanOrEqualTo(0.985), $"phantom {i}");
        }
    }

    [Test]
    public void Analyze_OfRegionAndTextWithinIt_BlanksTheText()
    {
        var screen = ScannerScreen.Generate(new ScannerOptions { Frames = 4, Kind = "sector", Size = (640, 480) }, seed: 5, index: 0);
        var clip = screen.Clip.WithFrames(new Relay(screen.Clip), null, null, [new UltrasoundRegion(0, 0, 640, 480, RegionKind.Tissue2D, null)]);
        var analysis = SectorAnalyzer.Analyze(clip);
        Assert.That(analysis.IsSure, Is.True, string.Join("; ", analysis.Doubts));
        Assert.That(screen.Compare(analysis.Crop!).Survivors, Is.Zero);
    }

    [TestCase("black")]
    [TestCase("text")]
    [TestCase("full")]
    [TestCase("panel")]
    public void Analyze_WithoutFan_IsNotSure(string content)
    {
        using var frame = new Mat(400, 500, MatType.CV_8UC1, content == "full" ? new Scalar(90) : Scalar.Black);
        if (content is "text" or "panel")
        {
            for (int row = 0; row < 12; row++)
            {
                Cv2.PutText(frame, "PATIENT DOE^JANE 4711 LVEDD 4.8 cm", new Point(10, 30 + (30 * row)), HersheyFonts.HersheySimplex, 0.7, Scalar.White, 2);
            }
        }

        if (content == "panel")
        {
            Cv2.Rectangle(frame, new Rect(20, 20, 400, 300), new Scalar(80), -1);
        }

        frame.GetArray(out byte[] pixels);
        var clip = new EchoClip(new MemoryFrameStore([.. pixels, .. pixels], 2, 400, 500, 1), new ClipOrigin("memory", "memory"));
        var analysis = SectorAnalyzer.Analyze(clip);
        Assert.That(analysis.IsSure, Is.False);
        Assert.That(analysis.Doubts, Is.Not.Empty);
    }

    [TestCase("dicom/Issue16.dcm")]
    [TestCase("dicom/examples_ybr_color.dcm")]
    [TestCase("video/Example1.mp4")]
    public void Analyze_OfRealClip_IsSure(string sample)
    {
        var analysis = SectorAnalyzer.Analyze(ClipReader.Open(Samples.Require(sample)));
        Assert.That(analysis.IsSure, Is.True, string.Join("; ", analysis.Doubts));
    }

    // Texts over the picture itself, or a picture that is hardly there: whoever is not sure must say so.
    [TestCase("dicom/US1_J2KR.dcm")]
    [TestCase("dicom/dcm4che_YBR_422.dcm")]
    [TestCase("dicom/OBXXXX1A_rle_2frame.dcm")]
    public void Analyze_OfRealClipWithTextOverThePicture_IsNotSure(string sample) =>
        Assert.That(SectorAnalyzer.Analyze(ClipReader.Open(Samples.Require(sample))).IsSure, Is.False);

    private static bool IsKept(SectorCrop crop, int x, int y) =>
        x >= crop.X && y >= crop.Y && x < crop.X + crop.Width && y < crop.Y + crop.Height && crop.Mask[((y - crop.Y) * crop.Width) + x - crop.X] != 0;

    private static int Setting(string name, int standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : standard;

    private static MemoryFrameStore Compressed(EchoClip clip)
    {
        byte[] pixels = new byte[clip.FrameCount * clip.FrameLength];
        for (int i = 0; i < clip.FrameCount; i++)
        {
            var frame = pixels.AsSpan(i * clip.FrameLength, clip.FrameLength);
            clip.ReadFrame(i, frame);
            using var raw = Mat.FromPixelData(clip.Height, clip.Width, MatType.CV_8UC3, frame.ToArray());
            Cv2.ImEncode(".jpg", raw, out byte[] file, new ImageEncodingParam(ImwriteFlags.JpegQuality, 90));
            using var decoded = Cv2.ImDecode(file, ImreadModes.Color);
            decoded.GetArray(out Vec3b[] values);
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(frame);
        }

        return new MemoryFrameStore(pixels, clip.FrameCount, clip.Height, clip.Width, clip.Channels);
    }

    private sealed class Relay(EchoClip clip) : IFrameStore
    {
        public int FrameCount => clip.FrameCount;

        public int Height => clip.Height;

        public int Width => clip.Width;

        public int Channels => clip.Channels;

        public void ReadFrame(int index, Span<byte> destination) => clip.ReadFrame(index, destination);
    }
}
