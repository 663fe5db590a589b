using EchoApex.Core.Imaging;

namespace EchoApex.Core.Phantoms;

/// <summary>What is true of a phantom clip, exactly, from the geometry that it was drawn from.</summary>
public sealed record PhantomTruth
{
    /// <summary>The view.</summary>
    public required PhantomView View { get; init; }

    /// <summary>The difficulty that the clip was made with.</summary>
    public required PhantomDifficulty Difficulty { get; init; }

    /// <summary>Label masks, frames x height x width bytes in C order; the values are <see cref="PhantomLabel"/>s.</summary>
    public required ReadOnlyMemory<byte> Masks { get; init; }

    /// <summary>Rows of a mask.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of a mask.</summary>
    public required int Width { get; init; }

    /// <summary>The labels that the view's anatomy has, background included.</summary>
    public required IReadOnlyList<PhantomLabel> Labels { get; init; }

    /// <summary>
    /// Landmarks of each frame. Apical and subcostal views: "mitral_annulus_septal" and "mitral_annulus_lateral"
    /// (A2C: "mitral_annulus_inferior" and "mitral_annulus_anterior") and "apex", all on the endocardium.
    /// PLAX: "ivs_start", "ivs_end", "lvid_start", "lvid_end", "lvpw_start", "lvpw_end" on one line across the left ventricle,
    /// from the septum's right side to the epicardium of the posterior wall. PSAX: "lv_center".
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<PhantomLandmark>> Landmarks { get; init; }

    /// <summary>Left ventricular volume of each frame in ml.</summary>
    public required IReadOnlyList<double> VolumesMl { get; init; }

    /// <summary>Largest left ventricular volume of the beat in ml, whether or not a frame falls on that moment.</summary>
    public required double EndDiastolicVolumeMl { get; init; }

    /// <summary>Smallest left ventricular volume of the beat in ml, whether or not a frame falls on that moment.</summary>
    public required double EndSystolicVolumeMl { get; init; }

    /// <summary>Ejection fraction in percent, from the two volumes above.</summary>
    public double EjectionFractionPercent => 100 * (EndDiastolicVolumeMl - EndSystolicVolumeMl) / EndDiastolicVolumeMl;

    /// <summary>The frame with the largest left ventricle; of several, as in diastasis, the last before systole.</summary>
    public required int EndDiastolicFrame { get; init; }

    /// <summary>The frame with the smallest left ventricle.</summary>
    public required int EndSystolicFrame { get; init; }

    /// <summary>Heart rate in beats per minute.</summary>
    public required double HeartRateBpm { get; init; }

    /// <summary>Time of each frame in ms from the first.</summary>
    public required IReadOnlyList<double> FrameTimesMs { get; init; }

    /// <summary>Size of a pixel in mm.</summary>
    public required PixelSpacing Spacing { get; init; }

    /// <summary>The image sector.</summary>
    public required PhantomSector Sector { get; init; }

    /// <summary>The label mask of one frame, height x width bytes.</summary>
    public ReadOnlySpan<byte> Mask(int frame) => Masks.Span.Slice(frame * Height * Width, Height * Width);
}
