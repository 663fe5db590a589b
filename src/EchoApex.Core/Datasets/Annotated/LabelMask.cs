namespace EchoApex.Core.Datasets.Annotated;

/// <summary>The structure that each pixel of a frame shows. Immutable by convention: its bytes are shared.</summary>
public sealed class LabelMask
{
    /// <summary>Wraps pixels.</summary>
    /// <param name="labels">One byte a pixel, row by row; 0 is background, others index <see cref="AnnotatedClipSet.Structures"/>.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">The bytes are not height x width.</exception>
    public LabelMask(ReadOnlyMemory<byte> labels, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (labels.Length != (long)height * width)
        {
            throw new ArgumentException($"A mask of {height} x {width} pixels has {(long)height * width} bytes; got {labels.Length}.", nameof(labels));
        }

        (Labels, Height, Width) = (labels, height, width);
    }

    /// <summary>One byte a pixel, row by row; 0 is background.</summary>
    public ReadOnlyMemory<byte> Labels { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }
}
