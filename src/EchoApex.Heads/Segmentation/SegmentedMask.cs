using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Segmentation;

/// <summary>A mask of a frame, at the frame's own size. Immutable.</summary>
public sealed class SegmentedMask
{
    private readonly byte[] _pixels;

    internal SegmentedMask(byte[] pixels, int width, double predictedIou, PixelSpacing? spacing, float[] logits, int logitsWidth)
    {
        (_pixels, Width, Height, PredictedIou) = (pixels, width, pixels.Length / width, predictedIou);
        (Logits, LogitsWidth) = (logits, logitsWidth);
        Area = pixels.Count(value => value != 0);
        AreaMm2 = spacing is null ? null : Area * spacing.XMm * spacing.YMm;
        Box = PromptSimulator.BoxAround(pixels, width, 0, null);
    }

    /// <summary>One byte a pixel, row by row: 1 in the structure, 0 outside.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>The IoU that the head expects the mask to have with what was meant; about 0 to 1, not a probability.</summary>
    public double PredictedIou { get; }

    /// <summary>Pixels in the structure.</summary>
    public int Area { get; }

    /// <summary>Area in mm²; null where the clip's pixel spacing is unknown.</summary>
    public double? AreaMm2 { get; }

    /// <summary>The box around the mask; null where it is empty.</summary>
    public PromptBox? Box { get; }

    /// <summary>Whether no pixel belongs to it.</summary>
    public bool IsEmpty => Area == 0;

    /// <summary>Logits over the network's input.</summary>
    internal float[] Logits { get; }

    internal int LogitsWidth { get; }
}
