using EchoApex.Core.Imaging;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>The frames of a clip in a set of shards, each decoded when it is asked for; the set must stay open.</summary>
internal sealed class ShardFrameStore(ShardSet set, int clip) : IFrameStore
{
    public int FrameCount { get; } = set.FrameCountOf(clip);

    public int Height { get; } = set.SizeOf(clip).Height;

    public int Width { get; } = set.SizeOf(clip).Width;

    public int Channels => 1;

    public void ReadFrame(int index, Span<byte> destination) => set.ReadFrames(clip, [index], destination, worker: null);
}
