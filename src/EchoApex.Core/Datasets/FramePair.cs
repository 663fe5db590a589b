namespace EchoApex.Core.Datasets;

/// <summary>Two frames of one clip; one frame twice where there is no other, or no other is wanted.</summary>
/// <param name="First">A frame.</param>
/// <param name="Second">Another frame of the same clip.</param>
public readonly record struct FramePair(SectorImage First, SectorImage Second);
