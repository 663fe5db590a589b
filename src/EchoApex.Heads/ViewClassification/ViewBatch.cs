using EchoApex.Core.Tasks;

namespace EchoApex.Heads.ViewClassification;

/// <summary>Frames and the view of each.</summary>
internal sealed class ViewBatch(int size, int side) : FrameBatch(size, side)
{
    /// <summary>The view's place among the labels, one a sample.</summary>
    public long[] Labels { get; } = new long[size];
}
