namespace EchoApex.Heads.Segmentation;

/// <summary>A structure in one frame of a clip.</summary>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Mask">Its mask; empty where the structure was lost.</param>
public sealed record TrackedMask(int Frame, SegmentedMask Mask);
