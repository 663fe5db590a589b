namespace EchoApex.Core.Datasets.Curation;

/// <summary>What a file shows, as far as rules can tell.</summary>
public enum ClipClass
{
    /// <summary>A moving two-dimensional gray-scale image.</summary>
    BMode,

    /// <summary>A moving two-dimensional image with colour flow.</summary>
    ColorFlow,

    /// <summary>A single two-dimensional frame: often with calipers and results drawn into the image.</summary>
    Still,

    /// <summary>An M-mode sweep.</summary>
    MMode,

    /// <summary>A spectral Doppler sweep.</summary>
    SpectralDoppler,

    /// <summary>No ultrasound image: a page of results, a photograph, a scanned document.</summary>
    NonEcho,

    /// <summary>None of the rules applies.</summary>
    Unknown,
}
