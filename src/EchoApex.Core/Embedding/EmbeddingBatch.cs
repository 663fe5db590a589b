// Shape legend: B = images, N = patches, D = feature dimension.
namespace EchoApex.Core.Embedding;

/// <summary>Embeddings of a few images, in managed memory.</summary>
/// <param name="Count">B, the number of images.</param>
/// <param name="Dimension">D, the length of an embedding.</param>
/// <param name="Cls">One vector an image, [B, D], row by row.</param>
/// <param name="Patches">Patch tokens [B, N, D], when they were asked for; else empty.</param>
/// <param name="GridHeight">Rows of the patch grid.</param>
/// <param name="GridWidth">Columns of the patch grid; N = GridHeight x GridWidth.</param>
public sealed record EmbeddingBatch(int Count, int Dimension, ReadOnlyMemory<float> Cls, ReadOnlyMemory<float> Patches, int GridHeight, int GridWidth);
