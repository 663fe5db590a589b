using System.Buffers;

namespace EchoApex.Core.Imaging;

/// <summary>The frames of a clip, cut to its sector when they are read.</summary>
internal sealed class SectorFrameStore(EchoClip clip, SectorCrop sector) : IFrameStore
{
    public int FrameCount => clip.FrameCount;

    public int Height => sector.Height;

    public int Width => sector.Width;

    public int Channels => clip.Channels;

    public void ReadFrame(int index, Span<byte> destination)
    {
        byte[] frame = ArrayPool<byte>.Shared.Rent(clip.FrameLength);
        try
        {
            clip.ReadFrame(index, frame);
            sector.Cut(frame, clip.Width, clip.Channels, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }
}
