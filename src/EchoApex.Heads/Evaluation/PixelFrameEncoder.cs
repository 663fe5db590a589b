// Shape legend: B = frames, S = side of the network input, N = patches (G x G), P = 64 pixels and N places.
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// Raw pixels as features, the yardstick that any encoder must beat. A frame is its 16 x 16 gray values. A patch is its
/// 8 x 8 gray values and its place in the grid as a one-hot vector: encoders know the place by their position table, and
/// where a structure usually lies is worth much by itself.
/// </summary>
/// <param name="patchSize">Side of a patch in pixels of the network input, as the encoder's that is compared.</param>
public sealed class PixelFrameEncoder(int patchSize) : IFrameEncoder
{
    /// <summary>What tables call it.</summary>
    public const string RowName = "raw pixels (16 x 16)";

    private const int PatchPixels = 8;

    /// <inheritdoc/>
    public string Name => RowName;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch was read without pictures.</exception>
    public FrameFeatures Encode(LabelledFrameBatch batch, bool patches)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Thumbnails.Count != batch.Count)
        {
            throw new ArgumentException("Raw pixels need a batch that was read with pictures.", nameof(batch));
        }

        float[] pixels = [.. batch.Thumbnails.SelectMany(picture => picture).Select(value => value / 255f)];
        int side = (int)batch.Images.shape[^1];
        int grid = side / patchSize;
        int dimension = (PatchPixels * PatchPixels) + (grid * grid);
        float[] tokens = patches ? new float[batch.Count * grid * grid * dimension] : [];
        for (int i = 0; patches && i < batch.Count; i++)
        {
            WritePatches(batch.Pictures[i], side, grid, tokens.AsSpan(i * grid * grid * dimension, grid * grid * dimension), dimension);
        }

        return new FrameFeatures(pixels, LabelledFrameReader.ThumbnailSide * LabelledFrameReader.ThumbnailSide, tokens, dimension, grid, grid);
    }

    private void WritePatches(byte[] picture, int side, int grid, Span<float> tokens_NP, int dimension)
    {
        byte[] patch = new byte[patchSize * patchSize];
        byte[] small = new byte[PatchPixels * PatchPixels];
        for (int place = 0; place < grid * grid; place++)
        {
            int first = (place / grid * patchSize * side) + (place % grid * patchSize);
            for (int row = 0; row < patchSize; row++)
            {
                picture.AsSpan(first + (row * side), patchSize).CopyTo(patch.AsSpan(row * patchSize));
            }

            FrameOperations.Resize(patch, patchSize, patchSize, 1, small, PatchPixels, PatchPixels, Interpolation.Area);
            var token_P = tokens_NP.Slice(place * dimension, dimension);
            for (int i = 0; i < small.Length; i++)
            {
                token_P[i] = small[i] / 255f;
            }

            token_P[small.Length + place] = 1;
        }
    }
}
