// Shape legend: B = frames, N = patches, D = length of a frame's vector, P = length of a patch's vector.
namespace EchoApex.Heads.Evaluation;

/// <summary>Features of a few frames.</summary>
/// <param name="Cls">One vector a frame, [B, D], row by row.</param>
/// <param name="ClsDimension">D.</param>
/// <param name="Patches">One vector a patch, [B, N, P]; empty when not asked for.</param>
/// <param name="PatchDimension">P.</param>
/// <param name="GridHeight">Rows of the patch grid.</param>
/// <param name="GridWidth">Columns of the patch grid; N = GridHeight x GridWidth.</param>
public sealed record FrameFeatures(ReadOnlyMemory<float> Cls, int ClsDimension, ReadOnlyMemory<float> Patches, int PatchDimension, int GridHeight, int GridWidth)
{
    /// <summary>Whether vectors of frames and of patches live in one space, so that a mean of patches stands beside a cls vector.</summary>
    public bool PatchesAreTokens { get; init; }
}
