using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Studies;
using OpenCvSharp;

namespace EchoApex.Heads.Reporting;

/// <summary>Writes measured frames with what is drawn over them as DICOM Secondary Capture images (PS3.3 A.8), sector alone.</summary>
public static class KeyImages
{
    private const string SecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
    private const int LeastSide = 512;

    /// <summary>Writes one file a frame, key-1.dcm and on; files of those names are replaced.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <param name="study">The study.</param>
    /// <param name="created">When the report was made.</param>
    /// <param name="patient">Patient and examination to name; null names none.</param>
    /// <returns>The files.</returns>
    public static IReadOnlyList<string> Write(string folder, StudyResult study, DateTimeOffset created, DicomPatient? patient = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(study);
        string seed = StudyJson.Serialize(study, created);
        var files = new List<string>();
        foreach (var frame in study.KeyFrames.Where(frame => frame.Picture is not null))
        {
            int number = files.Count + 1;
            string path = Path.Combine(folder, FormattableString.Invariant($"key-{number}.dcm"));
            AtomicOutput.WriteFile(path, stream => Write(stream, study, frame, number, seed, created, patient));
            files.Add(path);
        }

        return files;
    }

    private static void Write(Stream stream, StudyResult study, KeyFrame frame, int number, string seed, DateTimeOffset created, DicomPatient? patient)
    {
        using var rgb = Draw(frame, frame.Picture!);
        string instance = DicomUid.FromSeed($"key-image-{number}", seed);
        DicomPart10.WriteHead(stream, SecondaryCapture, instance, DicomPart10.ExplicitLittleEndian);
        var writer = new DicomElementWriter(stream);
        ReportModules.WriteIdentification(writer, SecondaryCapture, instance, "US", created, patient, () => writer.Text(0x00082111, "ST", frame.Caption), @"DERIVED\SECONDARY", "WSD");
        ReportModules.WritePatient(writer, patient);
        writer.Text(0x00180015, "CS", "HEART");
        writer.Text(0x00181020, "LO", StudyJson.Version);
        writer.Text(0x0020000D, "UI", ReportModules.StudyUid(study, seed));
        writer.Text(0x0020000E, "UI", DicomUid.FromSeed("key-image-series", seed));
        writer.Text(0x00200010, "SH", patient?.StudyId);
        writer.Integer(0x00200011, 2);
        writer.Integer(0x00200013, number);
        writer.Text(0x00200020, "CS", null);
        writer.UInt16(0x00280002, 3);
        writer.Text(0x00280004, "CS", "RGB");
        writer.UInt16(0x00280006, 0);
        writer.UInt16(0x00280010, rgb.Height);
        writer.UInt16(0x00280011, rgb.Width);
        writer.UInt16(0x00280100, 8);
        writer.UInt16(0x00280101, 8);
        writer.UInt16(0x00280102, 7);
        writer.UInt16(0x00280103, 0);

        // The sector alone was taken; text outside of it, where names stand, is not in the picture.
        writer.Text(0x00280301, "CS", "NO");
        byte[] pixels = new byte[rgb.Height * rgb.Width * 3];
        System.Runtime.InteropServices.Marshal.Copy(rgb.Data, pixels, 0, pixels.Length);
        writer.Bytes(0x7FE00010, pixels);
    }

    private static Mat Draw(KeyFrame frame, GrayPicture picture)
    {
        int scale = Math.Max(1, (int)Math.Ceiling(LeastSide / (double)Math.Max(picture.Width, picture.Height)));
        using var gray = Mat.FromPixelData(picture.Height, picture.Width, MatType.CV_8UC1, picture.Pixels.ToArray());
        using var large = new Mat();
        Cv2.Resize(gray, large, new Size(picture.Width * scale, picture.Height * scale), 0, 0, InterpolationFlags.Cubic);
        var rgb = new Mat();
        Cv2.CvtColor(large, rgb, ColorConversionCodes.GRAY2RGB);
        foreach (var contour in frame.Contours)
        {
            Cv2.Polylines(rgb, [contour.Points.Select(point => Place(point, picture, scale))], isClosed: true, Color(contour.Structure), 1, LineTypes.AntiAlias);
        }

        foreach (var caliper in frame.Calipers)
        {
            var (from, to) = (Place(caliper.From, picture, scale), Place(caliper.To, picture, scale));
            Cv2.Line(rgb, from, to, Color(caliper.Name), 1, LineTypes.AntiAlias);
            var at = new Point(Math.Clamp(Math.Max(from.X, to.X) + 6, 0, Math.Max(0, rgb.Width - 90)), Math.Clamp((from.Y + to.Y) / 2, 12, rgb.Height - 4));
            Cv2.PutText(rgb, caliper.Label, at, HersheyFonts.HersheySimplex, 0.45, Color(caliper.Name), 1, LineTypes.AntiAlias);
        }

        Cv2.PutText(rgb, "Not for diagnosis", new Point(6, rgb.Height - 6), HersheyFonts.HersheySimplex, 0.4, new Scalar(200, 200, 200), 1, LineTypes.AntiAlias);
        return rgb;
    }

    private static Point Place(ImagePoint point, GrayPicture picture, int scale) =>
        new((int)Math.Round((point.X - picture.X + 0.5) * scale), (int)Math.Round((point.Y - picture.Y + 0.5) * scale));

    private static Scalar Color(string name)
    {
        byte[] parts = Convert.FromHexString(HtmlPictures.Color(name)[1..]);
        return new Scalar(parts[0], parts[1], parts[2]);
    }
}
