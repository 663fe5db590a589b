namespace EchoApex.Heads.Reporting;

/// <summary>How a study's report is written.</summary>
public sealed record ReportOptions
{
    /// <summary>Whether report.json is written.</summary>
    public bool Json { get; init; } = true;

    /// <summary>Whether report.html is written.</summary>
    public bool Html { get; init; } = true;

    /// <summary>Whether report.dcm, a DICOM structured report, is written.</summary>
    public bool StructuredReport { get; init; } = true;

    /// <summary>Whether the measured frames are written with their overlays as DICOM secondary captures, one file each.</summary>
    public bool KeyImages { get; init; }

    /// <summary>
    /// Whether the structured report and the key images carry the patient and the examination as the study's first DICOM file names them.
    /// False, the default, leaves them empty: nobody's name reaches an output unless it is asked for. JSON and HTML never carry them.
    /// </summary>
    public bool KeepIdentity { get; init; }

    /// <summary>When the report was made; null takes the present moment. A fixed moment gives equal bytes for equal studies.</summary>
    public DateTimeOffset? Created { get; init; }
}
