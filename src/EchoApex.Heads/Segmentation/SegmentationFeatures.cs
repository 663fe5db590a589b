// Shape legend: B = images, h, w = patch grid, H, W = input, C = embedding dimension, F = channels of the high-resolution path.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>What a <see cref="SegmentationHead"/> keeps of images: all that prompts are answered from. The owner disposes it.</summary>
public sealed class SegmentationFeatures : IDisposable
{
    internal SegmentationFeatures(Tensor image_BhwC, Tensor positions_hwC, Tensor? half_BFHW, Tensor? detail, Tensor? semantic, int height, int width) =>
        (Image, Positions, Half, Detail, Semantic, Height, Width) = (image_BhwC, positions_hwC, half_BFHW, detail, semantic, height, width);

    /// <summary>Rows of the network's input.</summary>
    public int Height { get; }

    /// <summary>Columns of the network's input.</summary>
    public int Width { get; }

    /// <summary>Images.</summary>
    public int Count => (int)Image.shape[0];

    /// <summary>Rows of the masks that decoding gives.</summary>
    public int MaskHeight => (int)(Half?.shape[2] ?? MaskPromptHeight);

    /// <summary>Columns of the masks that decoding gives.</summary>
    public int MaskWidth => (int)(Half?.shape[3] ?? MaskPromptWidth);

    /// <summary>Rows of a mask given as a prompt: four times the patch grid.</summary>
    public int MaskPromptHeight => (int)(4 * Image.shape[1]);

    /// <summary>Columns of a mask given as a prompt.</summary>
    public int MaskPromptWidth => (int)(4 * Image.shape[2]);

    internal Tensor Image { get; }

    internal Tensor Positions { get; }

    internal Tensor? Half { get; }

    internal Tensor? Detail { get; }

    /// <summary>Logits of background and structures at the masks' size, [B, 1 + K, H, W]; null without a semantic prior.</summary>
    internal Tensor? Semantic { get; }

    /// <summary>Takes the tensors out of all dispose scopes: they live until this object is disposed.</summary>
    internal SegmentationFeatures Keep()
    {
        foreach (var tensor in new[] { Image, Positions, Half, Detail, Semantic })
        {
            tensor?.DetachFromDisposeScope();
        }

        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Image.Dispose();
        Positions.Dispose();
        Half?.Dispose();
        Detail?.Dispose();
        Semantic?.Dispose();
    }
}
