using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Segmentation;

/// <summary>How a structure is followed through a clip. All values are ours.</summary>
public sealed record ClipSegmenterOptions
{
    /// <summary>How much the box of the frame before is widened at each edge, as a share of its side: what a structure may move or grow between two frames.</summary>
    [Range(0.0, 1.0)]
    public double BoxMargin { get; init; } = 0.05;
}
