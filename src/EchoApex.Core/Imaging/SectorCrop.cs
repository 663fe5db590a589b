using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace EchoApex.Core.Imaging;

/// <summary>Where the ultrasound image lies in the frames of a clip: a rectangle and, in it, the pixels that belong to the image.</summary>
public sealed class SectorCrop
{
    private readonly byte[] _mask;

    /// <summary>Creates a crop.</summary>
    /// <param name="x">Left edge in the frame, inclusive.</param>
    /// <param name="y">Top edge in the frame, inclusive.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="mask">height x width bytes: 255 in the image, 0 outside. The caller must not change it afterwards.</param>
    /// <param name="confidence">0..1.</param>
    /// <param name="method">How it was found.</param>
    public SectorCrop(int x, int y, int width, int height, byte[] mask, double confidence, string method)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfNegative(y);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentOutOfRangeException.ThrowIfNotEqual(mask.Length, width * height, nameof(mask));
        (X, Y, Width, Height, _mask, Confidence, Method) = (x, y, width, height, mask, confidence, method);
    }

    /// <summary>Left edge in the frame, inclusive.</summary>
    public int X { get; }

    /// <summary>Top edge in the frame, inclusive.</summary>
    public int Y { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Height x Width bytes, row by row: 255 in the image, 0 outside.</summary>
    [JsonIgnore]
    public ReadOnlySpan<byte> Mask => _mask;

    /// <summary>
    /// 0..1: the share of the masked pixels that move or are not black; halved when nothing moved and the content of the
    /// frame was taken for the sector.
    /// </summary>
    public double Confidence { get; }

    /// <summary>How it was found: "motion" or "content", followed by "in region" where a calibrated region bounded it.</summary>
    public string Method { get; }

    /// <summary>Cuts the rectangle out of a frame and blanks what lies outside the mask.</summary>
    /// <param name="frame">A whole frame, channels interleaved.</param>
    /// <param name="frameWidth">Columns of the frame.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="destination">Receives Height x Width x channels bytes.</param>
    public void Cut(ReadOnlySpan<byte> frame, int frameWidth, int channels, Span<byte> destination)
    {
        for (int row = 0; row < Height; row++)
        {
            var from = frame.Slice((((Y + row) * frameWidth) + X) * channels, Width * channels);
            var to = destination.Slice(row * Width * channels, Width * channels);
            var mask = _mask.AsSpan(row * Width, Width);
            if (channels == 1)
            {
                Blank(from, mask, to);
                continue;
            }

            from.CopyTo(to);
            for (int column = 0; column < Width; column++)
            {
                if (mask[column] == 0)
                {
                    to.Slice(column * channels, channels).Clear();
                }
            }
        }
    }

    /// <summary>Whether two gray frames differ within the mask by more than a sum of absolute differences. Looks no further than it must.</summary>
    /// <param name="before">A whole frame.</param>
    /// <param name="now">Another.</param>
    /// <param name="frameWidth">Columns of both.</param>
    /// <param name="most">The sum.</param>
    internal bool ChangesMoreThan(ReadOnlySpan<byte> before, ReadOnlySpan<byte> now, int frameWidth, double most)
    {
        long change = 0;
        byte[] first = new byte[Width], second = new byte[Width];
        for (int row = 0; row < Height && change <= most; row++)
        {
            int start = ((Y + row) * frameWidth) + X;
            var mask = _mask.AsSpan(row * Width, Width);
            Blank(before.Slice(start, Width), mask, first);
            Blank(now.Slice(start, Width), mask, second);
            change += FrameOperations.TotalChange(first, second);
        }

        return change > most;
    }

    private static void Blank(ReadOnlySpan<byte> values, ReadOnlySpan<byte> mask, Span<byte> result)
    {
        var many = MemoryMarshal.Cast<byte, Vector<byte>>(values);
        var masks = MemoryMarshal.Cast<byte, Vector<byte>>(mask);
        var results = MemoryMarshal.Cast<byte, Vector<byte>>(result);
        for (int i = 0; i < many.Length; i++)
        {
            results[i] = Vector.AndNot(many[i], Vector.Equals(masks[i], Vector<byte>.Zero));
        }

        for (int i = many.Length * Vector<byte>.Count; i < values.Length; i++)
        {
            result[i] = mask[i] == 0 ? (byte)0 : values[i];
        }
    }

    /// <summary>The clip of the sector alone, cut and blanked when frames are read; regions move with it.</summary>
    public EchoClip Apply(EchoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        UltrasoundRegion[] regions = [.. clip.Regions.Select(Move).OfType<UltrasoundRegion>()];
        return clip.WithFrames(
            new SectorFrameStore(clip, this),
            $"Cropped to the sector at ({X}, {Y}), {Width} x {Height} pixels, and blanked outside it.",
            clip.Spacing,
            regions);
    }

    private UltrasoundRegion? Move(UltrasoundRegion region)
    {
        int left = Math.Max(region.X - X, 0);
        int top = Math.Max(region.Y - Y, 0);
        int width = Math.Min(region.X + region.Width - X, Width) - left;
        int height = Math.Min(region.Y + region.Height - Y, Height) - top;
        return width > 0 && height > 0 ? region with { X = left, Y = top, Width = width, Height = height } : null;
    }
}
