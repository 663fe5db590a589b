namespace EchoApex.Core.Datasets.Annotated;

/// <summary>What is known of one frame.</summary>
public sealed record FrameAnnotation
{
    /// <summary>The frame, from 0.</summary>
    public required int Frame { get; init; }

    /// <summary>
    /// Reads the frame's label mask, in the frame's own size; null for none. It is read when it is needed: a set of thousands of
    /// masks costs nothing until then. It throws <see cref="Runtime.DataException"/> where the file is damaged.
    /// </summary>
    public Func<LabelMask>? Mask { get; init; }

    /// <summary>
    /// Points by name: "ivs_start", "ivs_end", "lvid_start", "lvid_end", "lvpw_start", "lvpw_end" for the parasternal long axis,
    /// "apex", "mitral_annulus_septal" and so on for apical views. Points outside the image are left out.
    /// </summary>
    public IReadOnlyDictionary<string, ImagePoint> Landmarks { get; init; } = new Dictionary<string, ImagePoint>();

    /// <summary>Lengths by name in mm, as the set's readers measured them: "ivs", "lvid", "lvpw".</summary>
    public IReadOnlyDictionary<string, double> LengthsMm { get; init; } = new Dictionary<string, double>();

    /// <summary>Drawn lines by name, such as "curve-lv-endo", as points along them at most a pixel apart.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ImagePoint>> Curves { get; init; } = new Dictionary<string, IReadOnlyList<ImagePoint>>();

    /// <summary>Landmarks and curves that the readers said are not in the picture.</summary>
    public IReadOnlyList<string> Absent { get; init; } = [];

    /// <summary>Landmarks and curves that the readers could not place because the picture is not clear there.</summary>
    public IReadOnlyList<string> Unclear { get; init; } = [];
}
