namespace EchoApex.Core.Imaging;

/// <summary>Where a clip came from and how it was stored there.</summary>
/// <param name="Path">File or folder.</param>
/// <param name="Format">"DICOM", "AVI", "MP4", "PNG", "JPEG", "memory" and the like.</param>
/// <param name="Encoding">How the pixels are stored: the transfer syntax's name, the video codec; null when there is nothing to say.</param>
/// <param name="Photometric">DICOM's photometric interpretation as stored; null elsewhere.</param>
public sealed record ClipOrigin(string Path, string Format, string? Encoding = null, string? Photometric = null)
{
    /// <summary>Whether the pixels have been compressed with loss at some time, as far as the file tells. False where it says nothing.</summary>
    public bool IsLossy { get; init; }
}
