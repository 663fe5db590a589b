using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>What another DICOM object needs to refer to an image, and what tells studies and patients apart. It names nobody.</summary>
public sealed record DicomReference
{
    private const uint SopInstanceUid = 0x0008_0018;
    private const uint BodyPartExamined = 0x0018_0015;
    private const uint PatientId = 0x0010_0020;
    private const uint StudyInstanceUid = 0x0020_000D;
    private const uint SeriesInstanceUid = 0x0020_000E;

    /// <summary>SOP Class UID (0008,0016).</summary>
    public required string SopClassUid { get; init; }

    /// <summary>SOP Instance UID (0008,0018).</summary>
    public required string InstanceUid { get; init; }

    /// <summary>Study Instance UID (0020,000D).</summary>
    public required string StudyUid { get; init; }

    /// <summary>Series Instance UID (0020,000E).</summary>
    public required string SeriesUid { get; init; }

    /// <summary>Body Part Examined (0018,0015), such as HEART; null when absent.</summary>
    public string? BodyPart { get; init; }

    /// <summary>
    /// A hash of the patient's number and name by which patients are told apart; null where the file has neither. It is not written out: a short
    /// number can be guessed from its hash.
    /// </summary>
    [JsonIgnore]
    public string? PatientHash { get; init; }

    /// <summary>Reads the reference of a file.</summary>
    /// <returns>The reference; null for a file that is not DICOM or lacks one of the UIDs.</returns>
    /// <exception cref="DataException">The file claims to be DICOM and cannot be read.</exception>
    public static DicomReference? TryRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            return null;
        }

        var source = new FileByteSource(path);
        using var open = source.KeepOpen();
        byte[] head = new byte[Math.Min(source.Length, 4096)];
        source.Read(0, head);
        if (!DicomFile.Recognizes(head))
        {
            return null;
        }

        var elements = DicomFile.Open(source).Dataset;
        return Uid(elements, DicomTags.SopClassUid) is { } sopClass && Uid(elements, SopInstanceUid) is { } instance
            && Uid(elements, StudyInstanceUid) is { } study && Uid(elements, SeriesInstanceUid) is { } series
            ? new DicomReference
            {
                SopClassUid = sopClass,
                InstanceUid = instance,
                StudyUid = study,
                SeriesUid = series,
                BodyPart = elements.GetString(BodyPartExamined),
                PatientHash = Hash($"{elements.GetString(PatientId)}\n{elements.GetString(0x0010_0010)}"),
            }
            : null;
    }

    // PS3.5 section 9: digits and dots, at most 64.
    private static string? Uid(DicomDataset elements, uint tag) =>
        elements.GetString(tag) is { Length: > 0 and <= 64 } uid && uid.All(c => char.IsAsciiDigit(c) || c == '.') ? uid : null;

    private static string? Hash(string text) => text.Trim().Length == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
