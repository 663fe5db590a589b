// S side of the square input.
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Segmentation;

/// <summary>Images, the mask of one structure of each, what is drawn of the others, and the seeds of their prompts.</summary>
internal sealed class SegmentationBatch(int size, int side, int structures) : ITaskBatch
{
    private readonly int _area = side * side;

    /// <inheritdoc/>
    public int Size { get; } = size;

    /// <summary>S.</summary>
    public int Side { get; } = side;

    /// <summary>Normalised images, [Size, 3, S, S].</summary>
    public float[] Images { get; } = new float[size * 3 * side * side];

    /// <summary>1 in the structure, [Size, S, S].</summary>
    public byte[] Targets { get; } = new byte[size * side * side];

    /// <summary>0 background, 1 + k the head's structure k, [Size, S, S].</summary>
    public byte[] Labels { get; } = new byte[size * side * side];

    /// <summary>Whether nothing is known of a structure in an image, [Size, K].</summary>
    public bool[] Undrawn { get; } = new bool[size * structures];

    /// <summary>The structure of each image, by its place in the head's list.</summary>
    public int[] Structures { get; } = new int[size];

    /// <summary>What the prompts of each image are drawn from.</summary>
    public ulong[] Seeds { get; } = new ulong[size];

    public Span<float> Image(int slot) => Images.AsSpan(slot * 3 * _area, 3 * _area);

    public Span<bool> UndrawnOf(int slot) => Undrawn.AsSpan(slot * structures, structures);

    public Span<byte> LabelsOf(int slot) => Labels.AsSpan(slot * _area, _area);

    public Span<byte> Target(int slot) => Targets.AsSpan(slot * _area, _area);
}
