using EchoApex.Core.Sources.Images.GrayJpeg;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Sources.Images.GrayJpeg;

/// <summary>The decoder of shards' frames against OpenCV's, libjpeg-turbo: equal to the bit, or not of its kind, or refused.</summary>
internal sealed class GrayJpegDecoderTests
{
    [SetUp]
    public void NeedsAvx2() => Assume.That(InverseCosineTransform.IsSupported, "this processor has no AVX2: OpenCV decodes everything");

    [Test]
    public void DecodesEveryQualityAsLibjpegTurboDoes([Values(1, 10, 35, 50, 75, 90, 95, 98, 100)] int quality, [Values] Content content)
    {
        AssertEqual(Encode(Picture(content, 83, 117, quality), 83, 117, quality), 83, 117);
    }

    [Test]
    public void DecodesEverySizeAsLibjpegTurboDoes()
    {
        for (int height = 1; height <= 18; height++)
        {
            for (int width = 1; width <= 18; width++)
            {
                AssertEqual(Encode(Picture(Content.Noise, height, width, height), height, width, 95), height, width);
            }
        }
    }

    [Test]
    public void DecodesHuffmanTablesOfThePicture()
    {
        for (int quality = 20; quality <= 100; quality += 20)
        {
            byte[] stream = Encode(Picture(Content.Blobs, 96, 120, quality), 96, 120, quality, ImwriteFlags.JpegOptimize);
            AssertEqual(stream, 96, 120);
            AssertEqual(Encode(Picture(Content.Noise, 96, 120, quality), 96, 120, quality), 96, 120);
        }
    }

    [Test]
    public void LeavesOtherKindsToOpenCv()
    {
        byte[] gray = Picture(Content.Blobs, 64, 64, 3);
        using var colour = new Mat(64, 64, MatType.CV_8UC3, new Scalar(10, 200, 90));
        Assert.Multiple(() =>
        {
            Assert.That(Decodes(Encode(gray, 64, 64, 95, ImwriteFlags.JpegProgressive), 64, 64), Is.False, "progressive");
            Assert.That(Decodes(Encode(gray, 64, 64, 95, ImwriteFlags.JpegRstInterval), 64, 64), Is.False, "restart intervals");
            Assert.That(Decodes(colour.ImEncode(".jpg"), 64, 64), Is.False, "colour");
            Assert.That(Decodes(Encode(gray, 64, 64, 95), 64, 63), Is.False, "another size");
            Assert.That(Decodes([0xFF, 0xD8], 64, 64), Is.False, "nothing");
        });
    }

    [Test]
    public void RefusesPicturesThatAreCutShort()
    {
        byte[] stream = Encode(Picture(Content.Noise, 40, 56, 1), 40, 56, 95);
        byte[] pixels = new byte[40 * 56];
        int refused = 0;

        // The end marker alone may be missing.
        Assert.That(GrayJpegDecoder.TryDecode(stream.AsSpan(..^2), 40, 56, pixels), Is.True);
        for (int length = 0; length < stream.Length - 4; length++)
        {
            bool isDecoded;
            try
            {
                isDecoded = Decodes(stream[..length], 40, 56);
            }
            catch (FormatException)
            {
                refused++;
                continue;
            }

            Assert.That(isDecoded, Is.False, $"{length} of {stream.Length} bytes");
        }

        Assert.That(refused, Is.GreaterThan(100));
    }

    [Test]
    public void SurvivesDamage()
    {
        byte[] whole = Encode(Picture(Content.Blobs, 40, 56, 1), 40, 56, 95);
        var random = new Random(5);
        byte[] guarded = new byte[(40 * 56) + 64];
        int decoded = 0, refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] stream = (byte[])whole.Clone();
            for (int j = random.Next(1, 5); j > 0; j--)
            {
                stream[random.Next(2, stream.Length)] = (byte)random.Next(256);
            }

            guarded.AsSpan().Fill(0x5A);
            try
            {
                decoded += GrayJpegDecoder.TryDecode(stream, 40, 56, guarded.AsSpan(32, 40 * 56)) ? 1 : 0;
            }
            catch (FormatException)
            {
                refused++;
            }

            Assert.That(guarded[..32].Concat(guarded[^32..]).All(value => value == 0x5A), Is.True, "nothing is written beside the picture");
        }

        Assert.That(decoded, Is.GreaterThan(1000));
        Assert.That(refused, Is.GreaterThan(1000));

        // Whatever came before, a sound picture comes out right.
        AssertEqual(whole, 40, 56);
    }

    internal enum Content
    {
        Blobs,
        Noise,
        BlackAndWhite,
        Flat,
    }

    private static void AssertEqual(byte[] stream, int height, int width)
    {
        using var expected = Cv2.ImDecode(stream, ImreadModes.Grayscale);
        byte[] wanted = new byte[height * width], pixels = new byte[height * width];
        System.Runtime.InteropServices.Marshal.Copy(expected.Data, wanted, 0, wanted.Length);
        Assert.That(GrayJpegDecoder.TryDecode(stream, height, width, pixels), Is.True);
        Assert.That(pixels.AsSpan().SequenceEqual(wanted), Is.True, $"{height} x {width}");
    }

    private static bool Decodes(byte[] stream, int height, int width) => GrayJpegDecoder.TryDecode(stream, height, width, new byte[height * width]);

    private static byte[] Encode(byte[] pixels, int height, int width, int quality, ImwriteFlags? flag = null)
    {
        using var picture = Mat.FromPixelData(height, width, MatType.CV_8UC1, pixels);
        int[] parameters = [(int)ImwriteFlags.JpegQuality, quality, .. flag is { } set ? [(int)set, 1] : Array.Empty<int>()];
        return Cv2.ImEncode(".jpg", picture, out byte[] encoded, parameters) ? encoded : throw new InvalidOperationException();
    }

    private static byte[] Picture(Content content, int height, int width, int seed)
    {
        var random = new Random(seed);
        byte[] pixels = new byte[height * width];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i % width, y = i / width;
            pixels[i] = content switch
            {
                Content.Noise => (byte)random.Next(256),
                Content.BlackAndWhite => random.Next(2) == 0 ? (byte)0 : (byte)255,
                Content.Flat => (byte)(seed * 2),
                _ => (byte)Math.Clamp(128 + (100 * Math.Sin(x / 9.0) * Math.Cos(y / 6.0)) + random.Next(-6, 7), 0, 255),
            };
        }

        return pixels;
    }
}
