using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Reporting;

/// <summary>Writes the report of a study in every form that is asked for.</summary>
public static class StudyReport
{
    /// <summary>The data, for programs.</summary>
    public const string JsonFile = "report.json";

    /// <summary>The page, for people.</summary>
    public const string HtmlFile = "report.html";

    /// <summary>The DICOM structured report, for archives.</summary>
    public const string StructuredReportFile = "report.dcm";

    /// <summary>The folder of key images.</summary>
    public const string KeyImageFolder = "key-images";

    /// <summary>Writes the files into a folder; each appears whole or not at all, files of their names are replaced.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <param name="study">The study.</param>
    /// <param name="options">Which forms; null for the defaults.</param>
    /// <param name="studyPath">The study's folder: needed where its patient is to be named.</param>
    /// <returns>The files that were written.</returns>
    /// <exception cref="ConfigurationException">The patient is to be named, but no DICOM file of the study is at hand.</exception>
    public static IReadOnlyList<string> Write(string folder, StudyResult study, ReportOptions? options = null, string? studyPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(study);
        options ??= new ReportOptions();
        var created = options.Created ?? DateTimeOffset.UtcNow;
        var patient = options.KeepIdentity ? Patient(study, studyPath) : null;
        Directory.CreateDirectory(folder);
        var files = new List<string>();
        if (options.Json)
        {
            files.Add(Path.Combine(folder, JsonFile));
            AtomicOutput.WriteText(files[^1], StudyJson.Serialize(study, created));
        }

        if (options.Html)
        {
            files.Add(Path.Combine(folder, HtmlFile));
            HtmlReport.Write(files[^1], study, created);
        }

        if (options.StructuredReport)
        {
            files.Add(Path.Combine(folder, StructuredReportFile));
            StructuredReport.Write(files[^1], study, created, patient);
        }

        if (options.KeyImages)
        {
            files.AddRange(KeyImages.Write(Path.Combine(folder, KeyImageFolder), study, created, patient));
        }

        return files;
    }

    private static DicomPatient Patient(StudyResult study, string? studyPath)
    {
        if (study.Checks.Any(check => check is { Code: "one_patient", Outcome: CheckOutcome.Failed }))
        {
            throw new ConfigurationException("report options", "keep_identity asks to name the patient, but the clips are of more than one patient or examination. Report each by itself.");
        }

        string? root = studyPath is null ? null : Directory.Exists(studyPath) ? studyPath : Path.GetDirectoryName(Path.GetFullPath(studyPath));
        string? file = root is null ? null : study.Clips.Where(clip => clip.Dicom is not null).Select(clip => Path.Combine(root, clip.Name)).FirstOrDefault(File.Exists);
        return file is null
            ? throw new ConfigurationException("report options", "keep_identity asks to name the patient, but no DICOM file of the study is at hand. Name the study's folder, or leave it out.")
            : DicomPatient.Read(file);
    }
}
