using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Video;
using EchoApex.Testing.Scanner;

namespace EchoApex.Benchmarks.Ingest;

/// <summary>A set of scanners' screens, each in eight files of the encodings that exports have.</summary>
internal static class IngestSet
{
    private const int ScreensAFolder = 4;

    public static void Write(string folder, int screens, int frames)
    {
        for (int i = 0; i < screens; i++)
        {
            string patient = Path.Combine(folder, $"p{i / ScreensAFolder:000}");
            Directory.CreateDirectory(patient);
            var clip = ScannerScreen.Generate(new ScannerOptions { Frames = frames }, 11, i).Clip;
            for (int file = 0; file < 8; file++)
            {
                string name = Path.Combine(patient, $"s{i:000}-{file}");
                if (file >= 6)
                {
                    AviClipWriter.Write(name + ".avi", clip, new AviWriteOptions { JpegQuality = 90 + file });
                    continue;
                }

                var encoding = file < 4 ? DicomPixelEncoding.JpegBaseline : file == 4 ? DicomPixelEncoding.RunLength : DicomPixelEncoding.Uncompressed;
                DicomClipWriter.Write(name + ".dcm", clip, new DicomWriteOptions { Encoding = encoding, JpegQuality = 90 + file, UidSeed = name });
            }
        }
    }
}
