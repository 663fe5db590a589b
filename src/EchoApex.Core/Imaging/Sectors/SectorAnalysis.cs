namespace EchoApex.Core.Imaging.Sectors;

/// <summary>Where the image of a clip lies, how sure that is, and why.</summary>
/// <param name="Shape">The form; null where none was found.</param>
/// <param name="Crop">The rectangle and mask to cut; null where none was found.</param>
/// <param name="Confidence">0..1: the product of what each measure of <paramref name="Evidence"/> allows.</param>
/// <param name="Evidence">The measures.</param>
/// <param name="Doubts">What lowers the confidence, one phrase each; empty where nothing does.</param>
public sealed record SectorAnalysis(SectorShape? Shape, SectorCrop? Crop, double Confidence, SectorEvidence Evidence, IReadOnlyList<string> Doubts)
{
    /// <summary>The confidence from which a clip may leave the quarantine.</summary>
    public const double LeastConfidence = 0.5;

    /// <summary>Whether everything outside <see cref="Crop"/> may be taken for known to lie outside the image.</summary>
    public bool IsSure => Crop is not null && Confidence >= LeastConfidence;
}
