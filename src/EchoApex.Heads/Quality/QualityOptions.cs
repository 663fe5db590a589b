using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Quality;

/// <summary>
/// The limits of quality control. They are ours; only the frame rate follows a recommendation (at least 30 frames a second for
/// measuring, Lang et al., J Am Soc Echocardiogr 2015;28:1-39, asks for the highest that the machine gives).
/// </summary>
public sealed record QualityOptions
{
    /// <summary>Frames a second below which a clip is warned about.</summary>
    [Range(0.0, 1000)]
    public double MinimumFramesPerSecond { get; init; } = 20;

    /// <summary>Frames below which a clip is not measured.</summary>
    [Range(2, 1000)]
    public int MinimumFrames { get; init; } = 6;

    /// <summary>Share of the frame that the sector must fill.</summary>
    [Range(0.0, 1)]
    public double MinimumSectorShare { get; init; } = 0.15;

    /// <summary>Mean gray level of the sector, of 255, below which the gain is low.</summary>
    [Range(0.0, 255)]
    public double LowestMeanLevel { get; init; } = 18;

    /// <summary>Level, of 255, that the darkest quarter of the sector must stay below: above it haze fills the cavities.</summary>
    [Range(0.0, 255)]
    public double HighestDarkLevel { get; init; } = 140;

    /// <summary>Share of the sector that may be at full white.</summary>
    [Range(0.0, 1)]
    public double LargestSaturatedShare { get; init; } = 0.15;

    /// <summary>Mean change between frames, in gray levels of 255, below which nothing moves.</summary>
    [Range(0.0, 255)]
    public double LeastChange { get; init; } = 0.6;

    /// <summary>Shift of the whole picture, as a share of its side, above which the probe has moved.</summary>
    [Range(0.0, 1)]
    public double LargestShift { get; init; } = 0.08;

    /// <summary>Angle in degrees between a ventricle and where its view has it, above which it is off axis.</summary>
    [Range(0.0, 90)]
    public double LargestTiltDegrees { get; init; } = 35;

    /// <summary>Length of an apical ventricle over its width at end diastole, below which it is foreshortened, or spherical.</summary>
    [Range(0.0, 10)]
    public double LeastLengthToWidth { get; init; } = 1.2;

    /// <summary>Share of the ventricle's outline that may lie at the edge of the sector.</summary>
    [Range(0.0, 1)]
    public double LargestShareAtEdge { get; init; } = 0.15;
}
