using System.ComponentModel.DataAnnotations;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Quality;

namespace EchoApex.Heads.Studies;

/// <summary>How a study is read. The limits are ours where no source is named.</summary>
public sealed record StudyOptions
{
    /// <summary>Confidence, 0 to 1, below which a view is not taken as recognised.</summary>
    [Range(0.0, 1)]
    public double MinimumViewConfidence { get; init; } = 0.5;

    /// <summary>The overlap, 0 to 1, that the segmentation must expect of a mask to have it measured.</summary>
    [Range(0.0, 1)]
    public double MinimumMaskQuality { get; init; } = 0.5;

    /// <summary>Confidence, 0 to 1, of both ends of a length below which it is not given.</summary>
    [Range(0.0, 1)]
    public double MinimumPointConfidence { get; init; } = 0.2;

    /// <summary>Frames of a clip that are segmented; a longer clip is looked at in that many frames, evenly spread.</summary>
    [Range(2, 10_000)]
    public int SegmentedFrames { get; init; } = 160;

    /// <summary>
    /// Whether a clip whose pictures are like none that the view model was trained on is left unmeasured. False makes it a warning, for clips of
    /// scanners that the model has never seen.
    /// </summary>
    public bool RefuseUnfamiliar { get; init; } = true;

    /// <summary>Points of ejection fraction by which two methods may differ.</summary>
    [Range(0.0, 100)]
    public double LargestEjectionFractionDifference { get; init; } = 10;

    /// <summary>Share by which the long axes of two apical views may differ before one counts as foreshortened: 0.1, as ASE 2015 says.</summary>
    [Range(0.0, 1)]
    public double LargestLengthDifference { get; init; } = 0.1;

    /// <summary>Body surface area in m², for the mass index; null when unknown (see <see cref="LvMass.BodySurfaceAreaM2"/>).</summary>
    [Range(0.1, 4.0)]
    public double? BodySurfaceAreaM2 { get; init; }

    /// <summary>Whose limits of the mass index apply, which name the pattern of geometry in the summary; null when unknown.</summary>
    public Sex? Sex { get; init; }

    /// <summary>Whether pictures of what the encoders look at are made for the clips that are measured.</summary>
    public bool Explain { get; init; } = true;

    /// <summary>The limits of quality control.</summary>
    public QualityOptions Quality { get; init; } = new();
}
