using EchoApex.Core.Datasets.Annotated;
using EchoApex.Heads.EjectionFraction;

namespace EchoApex.Heads.Studies;

/// <summary>A segmented frame of an apical clip, its masks reduced to what is measured and drawn.</summary>
internal sealed record ApicalFrame
{
    public required int Frame { get; init; }

    /// <summary>The ventricle's discs; null where its mask cannot be traced.</summary>
    public required LvTrace? Trace { get; init; }

    /// <summary>Pixels of the ventricle's largest part.</summary>
    public required int AreaPixels { get; init; }

    /// <summary>The overlap that the head expects of the ventricle's mask.</summary>
    public required double Quality { get; init; }

    /// <summary>Share of the ventricle's outline at the edge of the sector.</summary>
    public required double ShareAtEdge { get; init; }

    /// <summary>Area of the left atrium in pixels; 0 where there is none.</summary>
    public required int AtriumPixels { get; init; }

    /// <summary>The overlap that the head expects of the atrium's mask.</summary>
    public required double AtriumQuality { get; init; }

    /// <summary>The largest outline of each structure.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<ImagePoint>> Contours { get; init; }
}
