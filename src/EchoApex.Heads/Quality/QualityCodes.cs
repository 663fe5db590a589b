namespace EchoApex.Heads.Quality;

/// <summary>The codes of quality findings. They are stable: other programs compare them.</summary>
public static class QualityCodes
{
    /// <summary>The file cannot be read, or a frame of it cannot be decoded.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>One frame: no beat, nothing that moves.</summary>
    public const string SingleFrame = "single_frame";

    /// <summary>A few frames: end diastole and end systole cannot be told apart.</summary>
    public const string TooFewFrames = "too_few_frames";

    /// <summary>The size of a pixel is unknown: no mm, no ml.</summary>
    public const string NoSpacing = "no_spacing";

    /// <summary>The time between frames is unknown: no heart rate.</summary>
    public const string FrameRateUnknown = "frame_rate_unknown";

    /// <summary>Too few frames a second to catch end systole.</summary>
    public const string FrameRateLow = "frame_rate_low";

    /// <summary>The clip is shorter than a heart beat.</summary>
    public const string ShorterThanBeat = "shorter_than_beat";

    /// <summary>No ultrasound sector was found in the frames.</summary>
    public const string NoSector = "no_sector";

    /// <summary>The sector fills little of the frame.</summary>
    public const string SectorSmall = "sector_small";

    /// <summary>The picture is dark.</summary>
    public const string GainLow = "gain_low";

    /// <summary>The picture is bright, its cavities filled with haze.</summary>
    public const string GainHigh = "gain_high";

    /// <summary>Pixels at full white: detail is lost there.</summary>
    public const string Saturated = "saturated";

    /// <summary>Nothing moves although there are several frames.</summary>
    public const string NoMotion = "no_motion";

    /// <summary>The whole picture shifts during the clip: the probe or the chest moves.</summary>
    public const string ProbeMotion = "probe_motion";

    /// <summary>Colour Doppler lies over the tissue.</summary>
    public const string ColorDoppler = "color_doppler";

    /// <summary>The view was not recognised with enough confidence.</summary>
    public const string ViewUncertain = "view_uncertain";

    /// <summary>The file names another view than the one recognised.</summary>
    public const string ViewDisagrees = "view_disagrees";

    /// <summary>The clip does not show a heart, by what the file says or by what it looks like.</summary>
    public const string NotCardiac = "not_cardiac";

    /// <summary>The long axis is probably foreshortened.</summary>
    public const string Foreshortened = "foreshortened";

    /// <summary>The ventricle lies aslant of where the view has it.</summary>
    public const string OffAxis = "off_axis";

    /// <summary>The structure that is measured is cut off by the edge of the sector, or missing.</summary>
    public const string StructureIncomplete = "structure_incomplete";

    /// <summary>A view from which nothing is measured.</summary>
    public const string WrongView = "wrong_view";

    /// <summary>All codes.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Unreadable, SingleFrame, TooFewFrames, NoSpacing, FrameRateUnknown, FrameRateLow, ShorterThanBeat, NoSector, SectorSmall, GainLow, GainHigh, Saturated,
        NoMotion, ProbeMotion, ColorDoppler, ViewUncertain, ViewDisagrees, NotCardiac, Foreshortened, OffAxis, StructureIncomplete, WrongView,
    ];
}
