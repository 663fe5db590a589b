using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Who and when, as an image file says it. Identifying: read only where a report of the same patient is asked for by name.
/// Each value is DICOM's text; null where absent.
/// </summary>
public sealed record DicomPatient
{
    /// <summary>Patient's Name (0010,0010).</summary>
    public string? Name { get; init; }

    /// <summary>Patient ID (0010,0020).</summary>
    public string? Id { get; init; }

    /// <summary>Patient's Birth Date (0010,0030), YYYYMMDD.</summary>
    public string? BirthDate { get; init; }

    /// <summary>Patient's Sex (0010,0040): M, F or O.</summary>
    public string? Sex { get; init; }

    /// <summary>Study Date (0008,0020), YYYYMMDD.</summary>
    public string? StudyDate { get; init; }

    /// <summary>Study Time (0008,0030).</summary>
    public string? StudyTime { get; init; }

    /// <summary>Accession Number (0008,0050).</summary>
    public string? AccessionNumber { get; init; }

    /// <summary>Study ID (0020,0010).</summary>
    public string? StudyId { get; init; }

    /// <summary>Referring Physician's Name (0008,0090).</summary>
    public string? ReferringPhysician { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="DataException">The file is no DICOM file, or damaged; or a text is not one of its character set, so that it would be passed on wrong.</exception>
    public static DicomPatient Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var source = new FileByteSource(path);
        using var open = source.KeepOpen();
        var elements = DicomFile.Open(source).Dataset;
        return new DicomPatient
        {
            Name = elements.GetExactString(DicomTags.PatientName),
            Id = elements.GetExactString(0x0010_0020),
            BirthDate = elements.GetExactString(0x0010_0030),
            Sex = elements.GetExactString(0x0010_0040),
            StudyDate = elements.GetExactString(0x0008_0020),
            StudyTime = elements.GetExactString(0x0008_0030),
            AccessionNumber = elements.GetExactString(0x0008_0050),
            StudyId = elements.GetExactString(0x0020_0010),
            ReferringPhysician = elements.GetExactString(DicomTags.ReferringPhysicianName),
        };
    }
}
