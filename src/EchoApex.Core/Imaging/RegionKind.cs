namespace EchoApex.Core.Imaging;

/// <summary>What a region of an ultrasound frame shows.</summary>
public enum RegionKind
{
    /// <summary>Not stated, or none of the others.</summary>
    Other,

    /// <summary>Two-dimensional gray-scale tissue image.</summary>
    Tissue2D,

    /// <summary>Two-dimensional image with colour flow.</summary>
    ColorFlow2D,

    /// <summary>M-mode.</summary>
    MMode,

    /// <summary>Spectral Doppler.</summary>
    SpectralDoppler,

    /// <summary>Physiological trace, such as an ECG.</summary>
    Waveform,

    /// <summary>Text, graphics or colour bar.</summary>
    Graphics,
}
