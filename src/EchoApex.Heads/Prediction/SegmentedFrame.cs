using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Prediction;

/// <summary>The masks of a frame.</summary>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Structures">A mask of the frame's size by the name of its structure; one that is not seen is empty.</param>
public sealed record SegmentedFrame(int Frame, IReadOnlyDictionary<string, SegmentedMask> Structures);
