using System.Buffers.Binary;
using EchoApex.Core.Datasets.Shards;

namespace EchoApex.Core.Tests.Datasets.Shards;

/// <summary>Frames of shards in their pictures.</summary>
internal sealed class ShardFrameCodecTests
{
    private const int Height = 24, Width = 30;

    private static readonly byte[] Frame = [.. Enumerable.Range(0, Height * Width).Select(i => (byte)(i / 5))];

    [Test]
    public void Decode_OfPng_GivesTheFrameBack()
    {
        byte[] pixels = new byte[Frame.Length];
        ShardFrameCodec.Decode(ShardFrameCodec.Encode(Frame, Height, Width, ShardCodec.Png, 0), Height, Width, pixels);
        Assert.That(pixels, Is.EqualTo(Frame));
    }

    [Test]
    public void Decode_PngWithAChunkLongerThanItself_IsRefusedBeforeOpenCvSeesIt()
    {
        byte[] picture = ShardFrameCodec.Encode(Frame, Height, Width, ShardCodec.Png, 0);
        int data = picture.AsSpan().IndexOf("IDAT"u8);
        BinaryPrimitives.WriteUInt32BigEndian(picture.AsSpan(data - 4), uint.MaxValue);
        Assert.That(
            () => ShardFrameCodec.Decode(picture, Height, Width, new byte[Frame.Length]),
            Throws.InstanceOf<FormatException>().With.Message.Contains("its chunks do not fit its length"));
    }
}
