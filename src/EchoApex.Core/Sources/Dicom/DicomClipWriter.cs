using System.Globalization;
using System.Security.Cryptography;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Writes a clip as a DICOM Part 10 file of the Ultrasound Multi-frame Image Storage class (PS3.3 A.7), 8 bit,
/// MONOCHROME2 or RGB. The file names no patient, no date and no place: the attributes that the class demands are empty.
/// Equal clip and options give equal bytes.
/// </summary>
public static class DicomClipWriter
{
    private const string UltrasoundMultiframe = "1.2.840.10008.5.1.4.1.1.3.1";
    private const uint FrameTime = 0x00181063;
    private const uint FrameTimeVector = 0x00181065;
    private const uint FrameLabelVector = 0x00182002;

    /// <summary>Writes a clip whole or not at all.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="clip">The clip. Its regions, spacing, frame times, heart rate and view are written where they are known.</param>
    /// <param name="options">How to write; null takes the defaults.</param>
    /// <exception cref="EchoApexException">The clip does not fit into a DICOM file: a side over 65,535 pixels or 4 GiB of pixels.</exception>
    /// <exception cref="DataException">A frame of the clip cannot be decoded.</exception>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    public static void Write(string path, EchoClip clip, DicomWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        Require(path, clip, options);
        AtomicOutput.WriteFile(path, stream => Write(stream, clip, options));
    }

    /// <summary>Writes a clip to a stream, from its current position; see <see cref="Write(string, EchoClip, DicomWriteOptions?)"/>.</summary>
    public static void Write(Stream stream, EchoClip clip, DicomWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(clip);
        Require("the stream", clip, options);
        options ??= new DicomWriteOptions();
        byte[][]? compressed = options.Encoding == DicomPixelEncoding.Uncompressed ? null : DicomPixelWriter.Compress(clip, options);
        string seed = options.UidSeed ?? PixelHash(clip);
        DicomPart10.WriteHead(stream, UltrasoundMultiframe, options.Header?.InstanceUid ?? DicomUid.FromSeed("instance", seed), options.Encoding switch
        {
            DicomPixelEncoding.RunLength => "1.2.840.10008.1.2.5",
            DicomPixelEncoding.JpegBaseline => "1.2.840.10008.1.2.4.50",
            _ => DicomPart10.ExplicitLittleEndian,
        });
        var writer = new DicomElementWriter(stream);
        WriteIdentification(writer, clip, options, seed);
        WriteAcquisition(writer, clip);
        WriteRelations(writer, clip, options, seed);
        WriteImageDescription(writer, clip, options, compressed);
        DicomPixelWriter.Write(writer, stream, clip, compressed);
    }

    private static void Require(string path, EchoClip clip, DicomWriteOptions? options)
    {
        if (options is not null)
        {
            OptionsValidator.Validate(options, "DICOM writer");
        }

        if (clip.Width > ushort.MaxValue || clip.Height > ushort.MaxValue || (long)clip.FrameCount * clip.FrameLength >= uint.MaxValue)
        {
            throw new EchoApexException($"{path}: a clip of {clip.FrameCount} frames of {clip.Width} x {clip.Height} x {clip.Channels} does not fit into one DICOM file (65,535 pixels a side, 4 GiB). Write fewer frames.");
        }
    }

    private static void WriteIdentification(DicomElementWriter writer, EchoClip clip, DicomWriteOptions options, string seed)
    {
        writer.Text(0x00080005, "CS", "ISO_IR 192");
        writer.Text(0x00080008, "CS", options.Derived ? @"DERIVED\PRIMARY" : @"ORIGINAL\PRIMARY");
        writer.Text(0x00080016, "UI", UltrasoundMultiframe);
        writer.Text(0x00080018, "UI", options.Header?.InstanceUid ?? DicomUid.FromSeed("instance", seed));
        string? date = options.Header?.StudyDate?.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        foreach (var (tag, vr) in new[] { (0x00080020u, "DA"), (0x00080023u, "DA"), (0x00080030u, "TM"), (0x00080033u, "TM"), (0x00080050u, "SH") })
        {
            writer.Text(tag, vr, vr == "DA" ? date : null);
        }

        writer.Text(0x00080060, "CS", "US");
        writer.Text(0x00080070, "LO", Truncate(options.Header is { } device ? device.Manufacturer : clip.Scanner, 64));
        writer.Text(0x00080090, "PN", null);
        if (options.Header?.Model is { } model)
        {
            writer.Text(0x00081090, "LO", model);
        }

        if (clip.FramesPerSecond is { } rate && rate >= 0.5)
        {
            writer.Integer(0x00082144, (long)Math.Round(rate));
        }

        writer.Text(0x00100010, "PN", options.Header is { } person ? "EchoApex^" + person.Patient : null);
        writer.Text(0x00100020, "LO", options.Header?.Patient);
        writer.Text(0x00100030, "DA", null);
        writer.Text(0x00100040, "CS", options.Header?.Sex);
        if (options.Header is { } header)
        {
            WriteMethod(writer, options, header);
        }
    }

    // Codes of PS3.16 context group 7050; which options were taken follows from what is there.
    private static void WriteMethod(DicomElementWriter writer, DicomWriteOptions options, Deidentification.DeidentifiedHeader header)
    {
        if (header.AgeYears is { } age)
        {
            writer.Text(0x00101010, "AS", age.ToString("000", CultureInfo.InvariantCulture) + "Y");
        }

        List<(string Code, string Meaning)> methods = [("113100", "Basic Application Confidentiality Profile")];
        if (options.BurnedInAnnotation == false)
        {
            methods.Add(("113101", "Clean Pixel Data Option"));
        }

        methods.Add(("113107", "Retain Longitudinal Temporal Information Modified Dates Option"));
        if (header.AgeYears is not null || header.Sex is not null)
        {
            methods.Add(("113108", "Retain Patient Characteristics Option"));
        }

        if (header.Manufacturer is not null)
        {
            methods.Add(("113109", "Retain Device Identity Option"));
        }

        writer.Text(0x00120062, "CS", "YES");
        writer.Text(0x00120063, "LO", "EchoApex");
        writer.Sequence(0x00120064, methods.Select<(string Code, string Meaning), Action<DicomElementWriter>>(method => item =>
        {
            item.Text(0x00080100, "SH", method.Code);
            item.Text(0x00080102, "SH", "DCM");
            item.Text(0x00080104, "LO", method.Meaning);
        }));
    }

    private static void WriteAcquisition(DicomElementWriter writer, EchoClip clip)
    {
        writer.Text(0x00180015, "CS", "HEART");
        if (clip.FrameTimesMs is { } times)
        {
            if (EvenInterval(times) is { } interval)
            {
                writer.Decimals(FrameTime, interval);
            }
            else
            {
                writer.Decimals(FrameTimeVector, times.Select((_, i) => i == 0 ? 0 : Increment(times[i - 1], times[i])));
            }
        }

        if (clip.HeartRateBpm is { } heartRate)
        {
            writer.Integer(0x00181088, (long)Math.Round(heartRate));
        }

        if (clip.FrameTimesMs is null)
        {
            writer.Text(FrameLabelVector, "SH", string.Join('\\', Enumerable.Range(1, clip.FrameCount)));
        }

        var regions = clip.Regions.Count > 0 || clip.Spacing is null
            ? clip.Regions
            : [new UltrasoundRegion(0, 0, clip.Width, clip.Height, RegionKind.Tissue2D, clip.Spacing)];
        if (regions.Count > 0)
        {
            writer.Sequence(0x00186011, regions.Select<UltrasoundRegion, Action<DicomElementWriter>>(r => item => WriteRegion(item, r)));
        }
    }

    private static void WriteRegion(DicomElementWriter item, UltrasoundRegion region)
    {
        // Spatial format and data type: PS3.3 C.8.5.5.1.1 and .2.
        var (format, type) = region.Kind switch
        {
            RegionKind.Tissue2D => (1, 1),
            RegionKind.ColorFlow2D => (1, 2),
            RegionKind.MMode => (2, 1),
            RegionKind.SpectralDoppler => (3, 3),
            RegionKind.Waveform => (4, 10),
            RegionKind.Graphics => (5, 0),
            _ => (0, 0),
        };
        const int centimetres = 3;
        int unit = region.Spacing is null ? 0 : centimetres;
        item.UInt16(0x00186012, format);
        item.UInt16(0x00186014, type);
        item.UInt32(0x00186016, 0);
        item.UInt32(0x00186018, (uint)region.X);
        item.UInt32(0x0018601A, (uint)region.Y);
        item.UInt32(0x0018601C, (uint)(region.X + region.Width - 1));
        item.UInt32(0x0018601E, (uint)(region.Y + region.Height - 1));
        item.UInt16(0x00186024, unit);
        item.UInt16(0x00186026, unit);
        item.Double(0x0018602C, region.Spacing is null ? 1 : region.Spacing.XMm / 10);
        item.Double(0x0018602E, region.Spacing is null ? 1 : region.Spacing.YMm / 10);
    }

    private static void WriteRelations(DicomElementWriter writer, EchoClip clip, DicomWriteOptions options, string seed)
    {
        writer.Text(0x0020000D, "UI", options.Header?.StudyUid ?? DicomUid.FromSeed("study", options.StudySeed ?? seed));
        writer.Text(0x0020000E, "UI", options.Header?.SeriesUid ?? DicomUid.FromSeed("series", options.StudySeed ?? seed));
        writer.Text(0x00200010, "SH", null);
        writer.Integer(0x00200011, 1);
        writer.Integer(0x00200013, options.InstanceNumber);
        writer.Text(0x00200020, "CS", null);
        if (clip.View is { } view)
        {
            writer.Text(0x00204000, "LT", Truncate("View: " + view, 1024));
        }
    }

    private static void WriteImageDescription(DicomElementWriter writer, EchoClip clip, DicomWriteOptions options, byte[][]? compressed)
    {
        bool color = clip.Channels == 3;
        bool jpeg = options.Encoding == DicomPixelEncoding.JpegBaseline;
        writer.UInt16(0x00280002, clip.Channels);
        writer.Text(0x00280004, "CS", !color ? "MONOCHROME2" : jpeg ? "YBR_FULL_422" : "RGB");
        if (color)
        {
            writer.UInt16(0x00280006, 0);
        }

        writer.Integer(0x00280008, clip.FrameCount);
        writer.TagReference(0x00280009, clip.FrameTimesMs is not { } times ? FrameLabelVector : EvenInterval(times) is null ? FrameTimeVector : FrameTime);
        writer.UInt16(0x00280010, clip.Height);
        writer.UInt16(0x00280011, clip.Width);
        if (clip.Spacing is { } whole && NeedsPixelSpacing(clip))
        {
            // The distance of rows, then that of columns, in mm.
            writer.Decimals(DicomTags.PixelSpacing, whole.YMm, whole.XMm);
        }
        else if (clip.Spacing is { } spacing && spacing.XMm != spacing.YMm)
        {
            // Vertical then horizontal, in micrometres.
            writer.Text(0x00280034, "IS", string.Create(CultureInfo.InvariantCulture, $"{Math.Round(spacing.YMm * 1000):0}\\{Math.Round(spacing.XMm * 1000):0}"));
        }

        writer.UInt16(0x00280100, 8);
        writer.UInt16(0x00280101, 8);
        writer.UInt16(0x00280102, 7);
        writer.UInt16(0x00280103, 0);
        if (options.BurnedInAnnotation is { } burnedIn)
        {
            writer.Text(0x00280301, "CS", burnedIn ? "YES" : "NO");
        }

        if (options.Header is not null)
        {
            writer.Text(0x00280303, "CS", "MODIFIED");
        }

        // Loss stays with the pixels, however they are stored later (PS3.3 C.7.6.1.1.5).
        if (jpeg || clip.Origin.IsLossy)
        {
            writer.Text(DicomTags.LossyImageCompression, "CS", "01");
        }

        if (jpeg)
        {
            writer.Decimals(0x00282112, Math.Round((double)clip.FrameCount * clip.FrameLength / compressed!.Sum(f => (long)f.Length), 3));
            writer.Text(0x00282114, "CS", "ISO_10918_1");
        }

        if (clip.View is { Length: > 0 } view)
        {
            var code = ViewCode.Find(view);
            writer.Sequence(0x00540220, item =>
            {
                item.Text(0x00080100, "SH", code.Value);
                item.Text(0x00080102, "SH", code.Scheme);
                item.Text(0x00080104, "LO", code.Meaning);
            });
        }
    }

    // The interval of evenly spaced frames; null when the intervals differ by more than a microsecond. A single frame has none: 0.
    private static double? EvenInterval(IReadOnlyList<double> times)
    {
        if (times.Count < 2)
        {
            return 0;
        }

        double mean = (times[^1] - times[0]) / (times.Count - 1);
        for (int i = 1; i < times.Count; i++)
        {
            if (Math.Abs(times[i] - times[i - 1] - mean) > 1e-3)
            {
                return null;
            }
        }

        return mean;
    }

    // Of times rounded to a nanosecond: digits beyond are noise that doubles the text, and the sum of increments does not drift.
    private static double Increment(double before, double after) => Math.Round(Math.Round(after, 6) - Math.Round(before, 6), 6);

    // A spacing that no region carries was that of the whole picture, though regions of other kinds lie on it.
    private static bool NeedsPixelSpacing(EchoClip clip) => clip is { Spacing: not null, Regions.Count: > 0 }
        && !clip.Regions.Any(region => region is { Spacing: not null, Kind: RegionKind.Tissue2D or RegionKind.ColorFlow2D });

    private static string PixelHash(EchoClip clip)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] frame = new byte[clip.FrameLength];
        for (int i = 0; i < clip.FrameCount; i++)
        {
            clip.ReadFrame(i, frame);
            hash.AppendData(frame);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string? Truncate(string? text, int length) => text is null || text.Length <= length ? text : text[..length];
}
