using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.ViewClassification;

/// <summary>A view classifier and how it is trained and judged. Values are ours.</summary>
public sealed record ViewClassificationOptions
{
    /// <summary>The labels.</summary>
    public ViewLabelSet Labels { get; init; } = ViewLabelSet.DataSet;

    /// <summary>Whether the mean patch token joins the cls token.</summary>
    public bool MeanPatch { get; init; }

    /// <summary>Share of the target that is spread over all classes.</summary>
    [Range(0.0, 0.9)]
    public double LabelSmoothing { get; init; } = 0.05;

    /// <summary>How much rare classes count in the loss.</summary>
    public ClassWeighting ClassWeighting { get; init; }

    /// <summary>Frames of a clip that are looked at when it is judged, evenly spread.</summary>
    [Range(1, 10_000)]
    public int FramesPerClip { get; init; } = 8;

    /// <summary>How they make one answer.</summary>
    public ClipAggregation Aggregation { get; init; } = ClipAggregation.Mean;

    /// <summary>Answers less sure than this are abstentions: reported beside the others, never counted as right.</summary>
    [Range(0.0, 1.0)]
    public double AbstainBelow { get; init; }

    /// <summary>How training frames are varied.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();
}
