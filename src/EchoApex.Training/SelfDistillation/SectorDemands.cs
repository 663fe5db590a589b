namespace EchoApex.Training.SelfDistillation;

/// <summary>What a crop must show of the sector; the default demands nothing.</summary>
/// <param name="CenterInSector">Whether the centre must lie inside the sector.</param>
/// <param name="SectorShare">The least share of the crop's pixels that lie inside the sector.</param>
/// <param name="TissueShare">The least share of the crop's pixels that are tissue.</param>
/// <param name="TissueLevel">The gray level, at least 1, from which a pixel counts as tissue.</param>
internal readonly record struct SectorDemands(bool CenterInSector, double SectorShare = 0, double TissueShare = 0, byte TissueLevel = 1)
{
    /// <summary>Whether anything is demanded; without, a crop's pixels need not be looked at.</summary>
    public bool Any => CenterInSector || SectorShare > 0 || TissueShare > 0;
}
