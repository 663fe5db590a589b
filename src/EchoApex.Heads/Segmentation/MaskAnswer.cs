namespace EchoApex.Heads.Segmentation;

/// <summary>A mask that answers one kind of prompt.</summary>
/// <param name="Prompt">The kind of prompt.</param>
/// <param name="Target">Which of the frame's structures is meant: a place in <see cref="MaskQuestion.Present"/>.</param>
/// <param name="Logits">The mask, above 0 inside.</param>
/// <param name="Iou">What the network expects; null where it says nothing of it.</param>
internal sealed record MaskAnswer(string Prompt, int Target, float[] Logits, double? Iou);
