// S side of the square input, K landmarks.
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Measurement;

/// <summary>Frames with their points, as arrays.</summary>
internal sealed class MeasurementBatch(int size, int side, int landmarks) : ITaskBatch
{
    public int Size { get; } = size;

    public int Side { get; } = side;

    /// <summary>Network values, [Size, 3, S, S].</summary>
    public float[] Images { get; } = new float[size * 3 * side * side];

    /// <summary>Points in cells of the heat map, [Size, K, 2].</summary>
    public float[] Points { get; } = new float[size * landmarks * 2];

    /// <summary>1 where a point is there, [Size, K].</summary>
    public float[] Present { get; } = new float[size * landmarks];

    public Span<float> Image(int slot) => Images.AsSpan(slot * 3 * Side * Side, 3 * Side * Side);
}
