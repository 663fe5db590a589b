// S side of the square input.
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Specialists;

/// <summary>Frames with the class of each pixel.</summary>
internal sealed class UNetSegmentationBatch(int size, int side, int structures) : FrameBatch(size, side)
{
    /// <summary>0 background, otherwise 1 and the structure's place, [Size, S, S].</summary>
    public byte[] Classes_BSS { get; } = new byte[(long)size * side * side];

    /// <summary>Whether nothing is known of a structure in a frame, [Size, K].</summary>
    public bool[] Undrawn { get; } = new bool[size * structures];

    public Span<bool> UndrawnOf(int slot) => Undrawn.AsSpan(slot * structures, structures);

    public Span<byte> Classes(int slot) => Classes_BSS.AsSpan(slot * Side * Side, Side * Side);
}
