// S side of the square input, K landmarks.
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Measurement;

/// <summary>Frames and the points of each.</summary>
internal sealed class MeasurementBatch(int size, int side, int landmarks) : FrameBatch(size, side)
{
    /// <summary>Points in cells of the heat map, [Size, K, 2].</summary>
    public float[] Points { get; } = new float[size * landmarks * 2];

    /// <summary>1 where a point is there, [Size, K].</summary>
    public float[] Present { get; } = new float[size * landmarks];
}
