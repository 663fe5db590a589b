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
    // The acceptance by hand: ECHOAPEX_SCREENS=1000.
    private static int Screens => int.TryParse(Environment.GetEnvironmentVariable("ECHOAPEX_SCREENS"), out int count) ? count : 30;

    [Test]
    public void Analyze_OfScannerScreens_KeepsTheFanAndNoText()
    {
        int sure = 0;
        var faults = new List<string>();
        for (int i = 0; i < Screens; i++)
        {
            var screen = ScannerScreen.Generate(new ScannerOptions { Frames = 4 }, seed: 11, i);
            var analysis = SectorAnalyzer.Analyze(screen.Clip);
            if (!analysis.IsSure)
            {
                continue;
            }

            sure++;
            var (kept, survivors) = screen.Compare(analysis.Crop!);
            if (kept < 0.99 || survivors > 0)
            {
                faults.Add($"{i} ({screen.Kind}, {screen.Clip.Width} x {screen.Clip.Height}): {kept:0.0000} of the fan kept, {survivors} drawn pixels survive, confidence {analysis.Confidence:0.00}");
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(faults, Is.Empty);
            Assert.That(sure, Is.GreaterThanOrEqualTo(0.85 * Screens), "of ordinary screens, most pass");
        });
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

    private sealed class Relay(EchoClip clip) : IFrameStore
    {
        public int FrameCount => clip.FrameCount;

        public int Height => clip.Height;

        public int Width => clip.Width;

        public int Channels => clip.Channels;

        public void ReadFrame(int index, Span<byte> destination) => clip.ReadFrame(index, destination);
    }
}
