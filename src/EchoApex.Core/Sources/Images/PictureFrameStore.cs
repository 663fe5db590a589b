using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources.Images;

/// <summary>Frames that are picture files of one size, decoded on demand. One colour picture makes all frames colour.</summary>
internal sealed class PictureFrameStore(IReadOnlyList<PictureFile> pictures) : IFrameStore
{
    public int FrameCount => pictures.Count;

    public int Height => pictures[0].Height;

    public int Width => pictures[0].Width;

    public int Channels { get; } = pictures.Max(picture => picture.Channels);

    public void ReadFrame(int index, Span<byte> destination) => pictures[index].Decode(Channels, destination);
}
