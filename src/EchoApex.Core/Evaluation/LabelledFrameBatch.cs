// Shape legend: B = frames, S = side of the network input.
using static TorchSharp.torch;

namespace EchoApex.Core.Evaluation;

/// <summary>Frames of labelled clips, ready for an encoder. The owner disposes it.</summary>
public sealed class LabelledFrameBatch : IDisposable
{
    internal LabelledFrameBatch(Tensor images_BCSS, IReadOnlyList<int> labels, IReadOnlyList<string> groups)
    {
        (Images, Labels, Groups) = (images_BCSS, labels, groups);
    }

    /// <summary>B, the number of frames.</summary>
    public int Count => Labels.Count;

    /// <summary>Network input [B, 3, S, S].</summary>
    public Tensor Images { get; }

    /// <summary>The label of each frame.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>The clip or patient of each frame.</summary>
    public IReadOnlyList<string> Groups { get; }

    /// <summary>Each frame as S x S gray bytes before normalisation; empty when not asked for.</summary>
    public IReadOnlyList<byte[]> Pictures { get; internal init; } = [];

    /// <summary>Each frame as 16 x 16 gray bytes; empty when not asked for.</summary>
    public IReadOnlyList<byte[]> Thumbnails { get; internal init; } = [];

    /// <summary>The labels of each frame's pixels, S x S bytes; null for a frame without masks; empty when not asked for.</summary>
    public IReadOnlyList<byte[]?> Masks { get; internal init; } = [];

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}
