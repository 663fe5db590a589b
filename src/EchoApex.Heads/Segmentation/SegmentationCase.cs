namespace EchoApex.Heads.Segmentation;

/// <summary>One structure of one frame, answered to one kind of prompt.</summary>
/// <param name="Clip">Name of the clip.</param>
/// <param name="Patient">The patient.</param>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Structure">The structure by its place in the head's list.</param>
/// <param name="Prompt">The kind of prompt.</param>
/// <param name="PredictedIou">What the network expects; null where it says nothing of it.</param>
/// <param name="Score">How the mask agrees.</param>
internal sealed record SegmentationCase(string Clip, string Patient, int Frame, int Structure, string Prompt, double? PredictedIou, MaskScore Score);
