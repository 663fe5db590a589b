using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources.Volumes;

/// <summary>Makes a clip of a volume's frames.</summary>
internal static class VolumeClip
{
    public static EchoClip Open(VolumeHeader header)
    {
        var frames = VolumePixels.ReadGray(header);
        var store = new ListFrameStore(frames, header.Height, header.Width, header.Channels);
        return new EchoClip(store, new ClipOrigin(header.Path, header.Format, header.TypeName))
        {
            Spacing = header.Spacing,
            FrameTimesMs = header.FrameIntervalMs is { } interval && frames.Count > 1 ? [.. Enumerable.Range(0, frames.Count).Select(i => i * interval)] : null,
            Notes = header.Notes,
        };
    }

    private sealed class ListFrameStore(List<byte[]> frames, int height, int width, int channels) : IFrameStore
    {
        public int FrameCount => frames.Count;

        public int Height => height;

        public int Width => width;

        public int Channels => channels;

        public void ReadFrame(int index, Span<byte> destination) => frames[index].CopyTo(destination);
    }
}
