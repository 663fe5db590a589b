using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>How <see cref="DicomClipWriter"/> writes a clip.</summary>
public sealed record DicomWriteOptions
{
    /// <summary>How pixels are stored; uncompressed by default.</summary>
    public DicomPixelEncoding Encoding { get; init; }

    /// <summary>JPEG quality, used with <see cref="DicomPixelEncoding.JpegBaseline"/> alone.</summary>
    [Range(1, 100)]
    public int JpegQuality { get; init; } = 92;

    /// <summary>
    /// Text from which the study, series and instance UIDs are derived: equal text gives equal UIDs. Null derives them from
    /// the pixels, so that the same clip always gets the same UIDs and different clips get different ones.
    /// </summary>
    public string? UidSeed { get; init; }

    /// <summary>Text from which the study UID alone is derived, to put several clips into one study; null takes <see cref="UidSeed"/>.</summary>
    public string? StudySeed { get; init; }

    /// <summary>Number of the clip in its series.</summary>
    [Range(1, int.MaxValue)]
    public int InstanceNumber { get; init; } = 1;

    /// <summary>
    /// Whether the pixels carry identifying text (Burned In Annotation); null, the default, does not say. State "false" only
    /// where it is known.
    /// </summary>
    public bool? BurnedInAnnotation { get; init; }

    /// <summary>
    /// What identification to write; null, the default, leaves patient, dates and device empty. With it the UIDs are the
    /// header's, and the file says that it was de-identified and how.
    /// </summary>
    public Deidentification.DeidentifiedHeader? Header { get; init; }

    /// <summary>Whether the pixels were derived from another image (Image Type value 1); true by default.</summary>
    public bool Derived { get; init; } = true;
}
