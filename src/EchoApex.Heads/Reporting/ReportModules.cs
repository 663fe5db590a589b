using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Reporting;

/// <summary>The modules that the structured report and the key images share: patient, study, equipment, SOP common.</summary>
internal static class ReportModules
{
    /// <summary>The study that a report belongs to: that of its first DICOM clip, else one of its own.</summary>
    public static string StudyUid(StudyResult study, string seed) =>
        study.Clips.Select(clip => clip.Dicom?.StudyUid).OfType<string>().FirstOrDefault() ?? DicomUid.FromSeed("report-study", seed);

    /// <summary>Group 0008. What an object has between the referring physician (0008,0090) and group 0010, <paramref name="before10"/> writes.</summary>
    public static void WriteIdentification(DicomElementWriter writer, string sopClass, string instance, string modality, DateTimeOffset created, DicomPatient? patient, Action? before10, string? imageType = null, string? conversion = null)
    {
        writer.Text(0x00080005, "CS", "ISO_IR 192");
        if (imageType is not null)
        {
            writer.Text(0x00080008, "CS", imageType);
        }

        writer.Text(0x00080012, "DA", StructuredReport.Date(created));
        writer.Text(0x00080013, "TM", StructuredReport.Time(created));
        writer.Text(0x00080016, "UI", sopClass);
        writer.Text(0x00080018, "UI", instance);
        writer.Text(0x00080020, "DA", patient?.StudyDate);
        writer.Text(0x00080023, "DA", StructuredReport.Date(created));
        writer.Text(0x00080030, "TM", patient?.StudyTime);
        writer.Text(0x00080033, "TM", StructuredReport.Time(created));
        writer.Text(0x00080050, "SH", patient?.AccessionNumber);
        writer.Text(0x00080060, "CS", modality);
        if (conversion is not null)
        {
            writer.Text(0x00080064, "CS", conversion);
        }

        writer.Text(0x00080070, "LO", "EchoApex contributors");
        writer.Text(0x00080090, "PN", patient?.ReferringPhysician);
        writer.Text(0x0008103E, "LO", modality == "SR" ? "EchoApex report, not for diagnosis" : "EchoApex key images, not for diagnosis");
        writer.Text(0x00081090, "LO", "EchoApex");
        before10?.Invoke();
    }

    /// <summary>The patient module.</summary>
    public static void WritePatient(DicomElementWriter writer, DicomPatient? patient)
    {
        writer.Text(0x00100010, "PN", patient?.Name);
        writer.Text(0x00100020, "LO", patient?.Id);
        writer.Text(0x00100030, "DA", patient?.BirthDate);
        writer.Text(0x00100040, "CS", patient?.Sex);
    }
}
