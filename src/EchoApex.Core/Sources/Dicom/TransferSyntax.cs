namespace EchoApex.Core.Sources.Dicom;

/// <summary>How a data set and its pixels are encoded (DICOM PS3.5 section 10 and annex A).</summary>
/// <param name="Uid">The syntax's unique identifier.</param>
/// <param name="Name">Its name in PS3.6.</param>
internal sealed record TransferSyntax(string Uid, string Name)
{
    public static readonly TransferSyntax ImplicitLittleEndian = new("1.2.840.10008.1.2", "Implicit VR Little Endian") { ExplicitVr = false };
    public static readonly TransferSyntax ExplicitLittleEndian = new("1.2.840.10008.1.2.1", "Explicit VR Little Endian");
    public static readonly TransferSyntax ExplicitBigEndian = new("1.2.840.10008.1.2.2", "Explicit VR Big Endian") { BigEndian = true };

    private static readonly Dictionary<string, TransferSyntax> Known = new TransferSyntax[]
    {
        ImplicitLittleEndian,
        ExplicitLittleEndian,
        Encoded("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"),
        new("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian") { Deflated = true },
        ExplicitBigEndian,
        Encoded("1.2.840.10008.1.2.5", "RLE Lossless"),
        Encoded("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)"),
        Encoded("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)"),
        Encoded("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 and 5)"),
        Encoded("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)"),
        Encoded("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)"),
        Encoded("1.2.840.10008.1.2.4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)"),
        Encoded("1.2.840.10008.1.2.4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)"),
        Encoded("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)"),
        Encoded("1.2.840.10008.1.2.4.70", "JPEG Lossless (Process 14, Selection Value 1)"),
        Encoded("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
        Encoded("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
        Encoded("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)"),
        Encoded("1.2.840.10008.1.2.4.91", "JPEG 2000"),
        Encoded("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)"),
        Encoded("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component"),
        Encoded("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression"),
        Video("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level"),
        Video("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level"),
        Video("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
        Video("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
        Video("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video"),
        Video("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video"),
        Video("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
        Video("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1"),
        Video("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1"),
        Encoded("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
        Encoded("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression"),
        Encoded("1.2.840.10008.1.2.4.112", "JPEG XL"),
        Encoded("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)"),
        Encoded("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"),
        Encoded("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"),
    }.SelectMany(syntax => syntax.IsVideo ? [syntax, syntax.Fragmentable()] : new[] { syntax }).ToDictionary(syntax => syntax.Uid);

    /// <summary>Whether elements carry their value representation.</summary>
    public bool ExplicitVr { get; init; } = true;

    /// <summary>Whether numbers have the high byte first (retired).</summary>
    public bool BigEndian { get; init; }

    /// <summary>Whether the data set after the file meta information is deflated.</summary>
    public bool Deflated { get; init; }

    /// <summary>Whether pixel data comes as encoded fragments.</summary>
    public bool Encapsulated { get; init; }

    /// <summary>Whether the fragments together are one video stream, not frames.</summary>
    public bool IsVideo { get; init; }

    /// <summary>Whether pixels always lose by it. Near-lossless JPEG-LS and JPEG 2000 may be exact: there the header must tell.</summary>
    public bool IsLossy => IsVideo || Uid is "1.2.840.10008.1.2.4.50" or "1.2.840.10008.1.2.4.51" or "1.2.840.10008.1.2.4.52"
        or "1.2.840.10008.1.2.4.53" or "1.2.840.10008.1.2.4.54" or "1.2.840.10008.1.2.4.55" or "1.2.840.10008.1.2.4.56";

    /// <summary>The syntax of a UID; null when it is not in the table.</summary>
    public static TransferSyntax? Find(string uid) => Known.GetValueOrDefault(uid);

    private static TransferSyntax Video(string uid, string name) => new(uid, name) { Encapsulated = true, IsVideo = true };

    // The same stream, allowed to be cut into several fragments (PS3.5 since 2021).
    private TransferSyntax Fragmentable() => new($"{Uid}.1", $"Fragmentable {Name}") { Encapsulated = true, IsVideo = true };

    private static TransferSyntax Encoded(string uid, string name) => new(uid, name) { Encapsulated = true };
}
