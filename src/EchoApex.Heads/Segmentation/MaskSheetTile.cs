namespace EchoApex.Heads.Segmentation;

/// <summary>A frame with true and drawn masks, for a picture.</summary>
/// <param name="Prompt">The kind of prompt.</param>
/// <param name="Caption">What stands below.</param>
/// <param name="Side">S, the side of the input.</param>
/// <param name="Pixels">S x S gray bytes.</param>
/// <param name="Truths">True masks, S x S, one a structure.</param>
/// <param name="Logits">Drawn masks, in the same order.</param>
/// <param name="Width">Columns of the logits.</param>
internal sealed record MaskSheetTile(string Prompt, string Caption, int Side, byte[] Pixels, IReadOnlyList<byte[]> Truths, IReadOnlyList<float[]> Logits, int Width);
