namespace EchoApex.Core.Sources.Dicom;

/// <summary>How <see cref="DicomClipWriter"/> stores pixels.</summary>
public enum DicomPixelEncoding
{
    /// <summary>As they are (Explicit VR Little Endian).</summary>
    Uncompressed,

    /// <summary>RLE Lossless (PS3.5 annex G).</summary>
    RunLength,

    /// <summary>JPEG Baseline (Process 1), lossy, 8 bit.</summary>
    JpegBaseline,
}
