using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Reporting;

/// <summary>
/// A study as a DICOM Comprehensive SR document after TID 5200, Adult Echocardiography Procedure Report (PS3.16): values with LOINC and
/// SNOMED codes and UCUM units, method, view and cardiac phase, and references to the frames and lines that they were measured in.
/// It belongs to the examination of the study's first DICOM clip. Equal studies and options give equal bytes.
/// </summary>
public static class StructuredReport
{
    private const string ComprehensiveSr = "1.2.840.10008.5.1.4.1.1.88.33";

    /// <summary>Writes the document whole or not at all.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="study">The study.</param>
    /// <param name="created">When the report was made.</param>
    /// <param name="patient">Patient and examination to name; null names none.</param>
    public static void Write(string path, StudyResult study, DateTimeOffset created, DicomPatient? patient = null)
    {
        ArgumentNullException.ThrowIfNull(study);
        AtomicOutput.WriteFile(path, stream => Write(stream, study, created, patient));
    }

    private static void Write(Stream stream, StudyResult study, DateTimeOffset created, DicomPatient? patient)
    {
        string seed = StudyJson.Serialize(study, created);
        string instance = DicomUid.FromSeed("report-instance", seed);
        DicomPart10.WriteHead(stream, ComprehensiveSr, instance, DicomPart10.ExplicitLittleEndian);
        var writer = new DicomElementWriter(stream);
        var root = new StructuredReportTree(study, DicomUid.FromSeed("device", StudyJson.Version)).Build();
        ReportModules.WriteIdentification(writer, ComprehensiveSr, instance, "SR", created, patient, () => writer.Sequence(0x00081111, []));
        ReportModules.WritePatient(writer, patient);
        writer.Text(0x00181020, "LO", StudyJson.Version);
        writer.Text(0x0020000D, "UI", ReportModules.StudyUid(study, seed));
        writer.Text(0x0020000E, "UI", DicomUid.FromSeed("report-series", seed));
        writer.Text(0x00200010, "SH", patient?.StudyId);
        writer.Integer(0x00200011, 1);
        writer.Integer(0x00200013, 1);
        ContentTreeWriter.Write(writer, root, isRoot: true);
        writer.Sequence(0x0040A372, []);
        WriteEvidence(writer, study);

        // The whole study was read, but no person has looked at the result.
        writer.Text(0x0040A491, "CS", "COMPLETE");
        writer.Text(0x0040A493, "CS", "UNVERIFIED");
        writer.Sequence(0x0040A504, template =>
        {
            template.Text(0x00080105, "CS", "DCMR");
            template.Text(0x0040DB00, "CS", "5200");
        });
        ContentTreeWriter.WriteChildren(writer, root);
    }

    // Every image that an item refers to, by study and series (PS3.3 C.17.2.1).
    private static void WriteEvidence(DicomElementWriter writer, StudyResult study)
    {
        var used = study.Measures.Where(measure => measure.Value is not null && ReportCodes.Of(measure.Name) is not null).SelectMany(measure => measure.Sources)
            .Select(source => study.Clips[source.Clip - 1].Dicom).OfType<DicomReference>().DistinctBy(image => image.InstanceUid).ToArray();
        if (used.Length == 0)
        {
            return;
        }

        writer.Sequence(0x0040A375, used.GroupBy(image => image.StudyUid).Select<IGrouping<string, DicomReference>, Action<DicomElementWriter>>(group => item =>
        {
            item.Sequence(0x00081115, group.GroupBy(image => image.SeriesUid).Select<IGrouping<string, DicomReference>, Action<DicomElementWriter>>(series => content =>
            {
                content.Sequence(0x00081199, series.Select<DicomReference, Action<DicomElementWriter>>(image => reference =>
                {
                    reference.Text(0x00081150, "UI", image.SopClassUid);
                    reference.Text(0x00081155, "UI", image.InstanceUid);
                }));
                content.Text(0x0020000E, "UI", series.Key);
            }));
            item.Text(0x0020000D, "UI", group.Key);
        }));
    }

    /// <summary>DICOM's date of a moment.</summary>
    internal static string Date(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    /// <summary>DICOM's time of a moment.</summary>
    internal static string Time(DateTimeOffset moment) => moment.ToUniversalTime().ToString("HHmmss", CultureInfo.InvariantCulture);
}
