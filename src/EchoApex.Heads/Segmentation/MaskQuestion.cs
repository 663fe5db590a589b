// S side of the square input.
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Segmentation;

/// <summary>A frame whose structures are to be drawn.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Present">The structures that it shows, by their place in the list.</param>
/// <param name="Truths">Their true masks, [S, S] each, from which prompts are made.</param>
internal sealed record MaskQuestion(PreparedFrame Frame, int[] Present, byte[][] Truths);
