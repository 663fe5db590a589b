using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources.Video;

/// <summary>Decoded frames in memory; gray frames take one byte a pixel even among coloured ones.</summary>
internal sealed class VideoFrameStore(IReadOnlyList<byte[]> frames, int height, int width) : IFrameStore
{
    public int FrameCount => frames.Count;

    public int Height => height;

    public int Width => width;

    public int Channels { get; } = frames.All(frame => frame.Length == height * width) ? 1 : 3;

    public void ReadFrame(int index, Span<byte> destination)
    {
        byte[] frame = frames[index];
        if (frame.Length == height * width * Channels)
        {
            frame.CopyTo(destination);
            return;
        }

        for (int pixel = 0; pixel < frame.Length; pixel++)
        {
            destination.Slice(3 * pixel, 3).Fill(frame[pixel]);
        }
    }
}
