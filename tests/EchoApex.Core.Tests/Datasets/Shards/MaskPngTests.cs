using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class MaskPngTests
{
    [TestCase(1, 1)]
    [TestCase(3, 8)]
    [TestCase(5, 7)]
    [TestCase(40, 48)]
    [TestCase(212, 221)]
    public void Write_Mask_IsReadByOpenCvAndByItself(int height, int width)
    {
        var random = new RandomStream(3);
        byte[] frame = [.. Enumerable.Range(0, height * width).Select(_ => random.NextBoolean(0.5) ? (byte)0 : (byte)(1 + random.NextInt32(255)))];
        byte[] expected = [.. frame.Select(value => value == 0 ? (byte)0 : (byte)255)];
        byte[] png = MaskPng.Write(frame, height, width);
        byte[] own = new byte[height * width];
        Assert.That(MaskPng.TryRead(png, height, width, own), Is.True);
        Assert.That(own, Is.EqualTo(expected));
        using var picture = Cv2.ImDecode(png, ImreadModes.Grayscale);
        Assert.That((picture.Rows, picture.Cols), Is.EqualTo((height, width)));
        picture.GetArray(out byte[] pixels);
        Assert.That(pixels, Is.EqualTo(expected));
    }

    [Test]
    public void TryRead_OtherPng_IsLeftToOpenCv()
    {
        byte[] frame = [.. Enumerable.Repeat((byte)9, 64)];
        using var picture = Mat.FromPixelData(8, 8, MatType.CV_8UC1, frame);
        Cv2.ImEncode(".png", picture, out byte[] png);
        Assert.That(MaskPng.TryRead(png, 8, 8, new byte[64]), Is.False);
        byte[] own = MaskPng.Write(frame, 8, 8);
        Assert.That(MaskPng.TryRead(own, 8, 9, new byte[72]), Is.False);
        Assert.That(MaskPng.TryRead(own.AsSpan(1), 8, 8, new byte[64]), Is.False);
    }

    [Test]
    public void EncodeMask_TooLargeForOneBlock_IsAPngAllTheSame()
    {
        const int Side = 900;
        byte[] frame = new byte[Side * Side];
        frame.AsSpan(0, 5000).Fill(7);
        Assert.That(MaskPng.Fits(Side, Side), Is.False);
        byte[] mask = new byte[Side * Side];
        ShardFrameCodec.DecodeMask(ShardFrameCodec.EncodeMask(frame, Side, Side), Side, Side, mask);
        Assert.That(mask.Count(value => value == 255), Is.EqualTo(5000));
    }
}
