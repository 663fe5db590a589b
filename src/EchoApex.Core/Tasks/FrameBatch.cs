// Shape legend: B = samples, S = side of the square input.
using System.Runtime.InteropServices;
using EchoApex.Core.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Tasks;

/// <summary>Frames of a batch as bytes, one sample or several frames of a sample a slot. Slots may be written by different threads.</summary>
public class FrameBatch : ITaskBatch
{
    /// <summary>Makes an empty batch.</summary>
    /// <param name="size">B.</param>
    /// <param name="side">S.</param>
    public FrameBatch(int size, int side)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(side);
        (Size, Side) = (size, side);
        Pixels_BSS = new byte[(long)size * side * side];
        Inside_BSS = new byte[(long)size * side * side];
    }

    /// <summary>A batch of frames as they are.</summary>
    /// <param name="frames">At least one, all of one side.</param>
    public static FrameBatch Of(IReadOnlyList<PreparedFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentOutOfRangeException.ThrowIfZero(frames.Count, nameof(frames));
        var batch = new FrameBatch(frames.Count, frames[0].Side);
        for (int i = 0; i < frames.Count; i++)
        {
            frames[i].Pixels.CopyTo(batch.Pixels(i));
            frames[i].Inside.CopyTo(batch.Inside(i));
        }

        return batch;
    }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>S.</summary>
    public int Side { get; }

    /// <summary>Gray values, [B, S, S].</summary>
    public byte[] Pixels_BSS { get; }

    /// <summary>0 outside the sector, [B, S, S].</summary>
    public byte[] Inside_BSS { get; }

    /// <summary>The gray values of one slot.</summary>
    public Span<byte> Pixels(int slot) => Pixels_BSS.AsSpan(slot * Side * Side, Side * Side);

    /// <summary>The sector of one slot.</summary>
    public Span<byte> Inside(int slot) => Inside_BSS.AsSpan(slot * Side * Side, Side * Side);

    /// <summary>Network input.</summary>
    /// <param name="normalizer">The encoder's.</param>
    /// <returns>float32 [B, 3, S, S]; the caller disposes it.</returns>
    public Tensor ToImages(FrameNormalizer normalizer)
    {
        ArgumentNullException.ThrowIfNull(normalizer);
        var images_BCSS = empty(Size, 3, Side, Side, ScalarType.Float32);
        int values = 3 * Side * Side;
        for (int slot = 0; slot < Size; slot++)
        {
            normalizer.Normalize(Pixels(slot), 1, Inside(slot), MemoryMarshal.Cast<byte, float>(images_BCSS.bytes).Slice(slot * values, values));
        }

        return images_BCSS;
    }
}
