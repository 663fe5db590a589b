using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets.Annotated;

/// <summary>Opens files of one frame each as one clip.</summary>
internal static class FrameFiles
{
    public static EchoClip Open(IReadOnlyList<string> paths)
    {
        EchoClip[] clips = [.. paths.Select(ClipReader.Open)];
        for (int i = 0; i < clips.Length; i++)
        {
            var (clip, first) = (clips[i], clips[0]);
            if (clip.FrameCount != 1 || clip.Height != first.Height || clip.Width != first.Width || clip.Channels != first.Channels)
            {
                throw new DataException(paths[i], $"has {clip.FrameCount} frames of {clip.Width} x {clip.Height} pixels of {clip.Channels} channels; {paths[0]} has {first.Width} x {first.Height} of {first.Channels}. The frames of one clip must be single and of one kind.");
            }
        }

        return clips[0].WithFrames(new Store(clips), $"Put together from {clips.Length} files.", clips[0].Spacing, clips[0].Regions);
    }

    private sealed class Store(EchoClip[] clips) : IFrameStore
    {
        public int FrameCount => clips.Length;

        public int Height => clips[0].Height;

        public int Width => clips[0].Width;

        public int Channels => clips[0].Channels;

        public void ReadFrame(int index, Span<byte> destination) => clips[index].ReadFrame(0, destination);
    }
}
