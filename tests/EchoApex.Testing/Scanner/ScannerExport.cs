using EchoApex.Core.Deidentification;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Testing.Scanner;

/// <summary>A folder of DICOM clips as a scanner exports them: screens with names in pixels and headers.</summary>
public static class ScannerExport
{
    /// <summary>The patients' family name, in headers and file names.</summary>
    public const string Name = "DOEJANE4711";

    /// <summary>Writes clips, three to a patient and folder; JPEG baseline and uncompressed in turn.</summary>
    /// <param name="folder">Where; made if need be.</param>
    /// <param name="count">How many.</param>
    /// <param name="options">What the screens show.</param>
    /// <param name="seed">Seed of the screens.</param>
    public static void Write(string folder, int count, ScannerOptions options, ulong seed)
    {
        for (int i = 0; i < count; i++)
        {
            string patient = Path.Combine(folder, $"{Name}-{i / 3}");
            Directory.CreateDirectory(patient);
            DicomClipWriter.Write(Path.Combine(patient, $"{i:00}.dcm"), ScannerScreen.Generate(options, seed, i).Clip, new DicomWriteOptions
            {
                Encoding = i % 2 == 0 ? DicomPixelEncoding.JpegBaseline : DicomPixelEncoding.Uncompressed,
                BurnedInAnnotation = true,
                Header = new DeidentifiedHeader
                {
                    Patient = $"{Name}-{i / 3}",
                    StudyUid = $"1.2.3.4711.{i / 3}",
                    SeriesUid = $"1.2.3.4711.9.{i}",
                    InstanceUid = $"1.2.3.4711.8.{i}",
                    AgeYears = 50,
                },
            });
        }
    }
}
