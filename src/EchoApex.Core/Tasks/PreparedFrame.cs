// S side of the square input.
using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Core.Tasks;

/// <summary>A frame as the network's square input shows it, before normalisation, with what is known of it moved along. Shared: nobody writes to it.</summary>
public sealed record PreparedFrame
{
    /// <summary>The frame's place in its clip, from 0.</summary>
    public required int Frame { get; init; }

    /// <summary>S, the side in pixels.</summary>
    public required int Side { get; init; }

    /// <summary>S x S gray bytes.</summary>
    public required byte[] Pixels { get; init; }

    /// <summary>S x S bytes: 0 outside the ultrasound sector.</summary>
    public required byte[] Inside { get; init; }

    /// <summary>S x S labels, or null where the frame has no mask.</summary>
    public byte[]? Mask { get; init; }

    /// <summary>Landmarks in pixels of the input.</summary>
    public IReadOnlyDictionary<string, ImagePoint> Landmarks { get; init; } = new Dictionary<string, ImagePoint>();
}
