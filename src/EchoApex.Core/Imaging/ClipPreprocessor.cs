// T frames, S side of the square input, H x W a cropped frame.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Imaging;

/// <summary>
/// Carries out a <see cref="Imaging.Preprocessing"/>: sector crop, gray, square, resize, normalisation.
/// </summary>
/// <remarks>Thread safety: may be used from several threads. The sector of a clip is found once and remembered while the clip lives.</remarks>
public sealed class ClipPreprocessor
{
    private readonly ConditionalWeakTable<EchoClip, SectorCrop> _sectors = [];
    private readonly FrameNormalizer _normalizer;

    /// <summary>Creates the preprocessor.</summary>
    /// <exception cref="Runtime.ConfigurationException">A value is out of range.</exception>
    public ClipPreprocessor(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        _normalizer = new FrameNormalizer(preprocessing);
        Preprocessing = preprocessing;
    }

    /// <summary>What is carried out.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Frames as network input.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frames">Zero-based indices, in any order.</param>
    /// <returns>float32 [T, 3, S, S] on the CPU; the caller disposes it.</returns>
    /// <exception cref="Runtime.DataException">A frame cannot be decoded, or no sector was found.</exception>
    public Tensor ToTensor(EchoClip clip, IReadOnlyList<int> frames)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(frames);
        int side = Preprocessing.ImageSize;
        int channels = Channels(clip);
        int area = side * side;
        byte[] picture = ArrayPool<byte>.Shared.Rent(area * channels);
        try
        {
            using var scope = NewDisposeScope();
            var result_TCSS = empty(frames.Count, 3, side, side, ScalarType.Float32);
            byte[] inside = new byte[area];
            for (int i = 0; i < frames.Count; i++)
            {
                Prepare(clip, frames[i], channels, picture, inside);
                var values = MemoryMarshal.Cast<byte, float>(result_TCSS.bytes).Slice(i * 3 * area, 3 * area);
                _normalizer.Normalize(picture.AsSpan(0, area * channels), channels, inside, values);
            }

            return result_TCSS.MoveToOuterDisposeScope();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(picture);
        }
    }

    /// <summary>One frame cropped, squared and resized, before normalisation.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frame">Zero-based index.</param>
    /// <returns>S x S x C bytes, C 1 for a gray clip or <see cref="Preprocessing.Grayscale"/>, else 3.</returns>
    /// <exception cref="Runtime.DataException">The frame cannot be decoded, or no sector was found.</exception>
    public byte[] ToPicture(EchoClip clip, int frame)
    {
        ArgumentNullException.ThrowIfNull(clip);
        int channels = Channels(clip);
        byte[] picture = new byte[Preprocessing.ImageSize * Preprocessing.ImageSize * channels];
        Prepare(clip, frame, channels, picture, inside: []);
        return picture;
    }

    /// <summary>The label mask of a frame, moved as <see cref="ToTensor"/> moves its picture; each pixel takes the label under its centre.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="mask">Height x Width labels of one frame, row by row.</param>
    /// <returns>S x S labels; 0 outside the sector and in the borders.</returns>
    /// <exception cref="ArgumentException">The mask has not the size of a frame.</exception>
    /// <exception cref="Runtime.DataException">No sector was found.</exception>
    public byte[] ToMask(EchoClip clip, ReadOnlySpan<byte> mask)
    {
        ArgumentNullException.ThrowIfNull(clip);
        if (mask.Length != clip.Height * clip.Width)
        {
            throw new ArgumentException($"A mask of {mask.Length} labels does not fit frames of {clip.Height} x {clip.Width}.", nameof(mask));
        }

        int side = Preprocessing.ImageSize;
        var sector = Sector(clip);
        int height = sector?.Height ?? clip.Height;
        int width = sector?.Width ?? clip.Width;
        byte[] cut = new byte[height * width];
        if (sector is null)
        {
            mask.CopyTo(cut);
        }
        else
        {
            sector.Cut(mask, clip.Width, 1, cut);
        }

        var (top, left, newHeight, newWidth) = Place(height, width);
        byte[] resized = new byte[newHeight * newWidth];
        FrameOperations.ResizeLabels(cut, height, width, resized, newHeight, newWidth);
        byte[] result = new byte[side * side];
        Paste(resized, newHeight, newWidth, result, top, left, side);
        return result;
    }

    /// <summary>How places in the frames of a clip and in the network's input belong together.</summary>
    /// <exception cref="Runtime.DataException">No sector was found.</exception>
    public FrameGeometry Geometry(EchoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var sector = Sector(clip);
        int height = sector?.Height ?? clip.Height;
        int width = sector?.Width ?? clip.Width;
        var (top, left, newHeight, newWidth) = Place(height, width);
        return new FrameGeometry(sector?.X ?? 0, sector?.Y ?? 0, (double)newWidth / width, (double)newHeight / height, left, top);
    }

    /// <summary>The pixels of the network's input that show the ultrasound image.</summary>
    /// <returns>S x S bytes: 0 outside.</returns>
    /// <exception cref="Runtime.DataException">No sector was found.</exception>
    public byte[] ToInside(EchoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var sector = Sector(clip);
        byte[] inside = new byte[Preprocessing.ImageSize * Preprocessing.ImageSize];
        var (top, left, newHeight, newWidth) = Place(sector?.Height ?? clip.Height, sector?.Width ?? clip.Width);
        PlaceSector(sector, inside, top, left, newHeight, newWidth);
        return inside;
    }

    private SectorCrop? Sector(EchoClip clip) => Preprocessing.CropToSector ? _sectors.GetValue(clip, key => key.Sector ?? SectorFinder.Find(key)) : null;

    private void PlaceSector(SectorCrop? sector, Span<byte> inside, int top, int left, int newHeight, int newWidth)
    {
        byte[] mask = new byte[newHeight * newWidth];
        mask.AsSpan().Fill(255);
        if (sector is not null)
        {
            FrameOperations.ResizeMask(sector.Mask, sector.Height, sector.Width, mask, newHeight, newWidth);
        }

        Paste(mask, newHeight, newWidth, inside, top, left, Preprocessing.ImageSize);
    }

    private int Channels(EchoClip clip) => Preprocessing.Grayscale ? 1 : clip.Channels;

    /// <summary>Fills S x S x channels bytes, and where asked for the mask of pixels that belong to the sector.</summary>
    private void Prepare(EchoClip clip, int frame, int channels, Span<byte> picture, Span<byte> inside)
    {
        int side = Preprocessing.ImageSize;
        var sector = Sector(clip);
        int height = sector?.Height ?? clip.Height;
        int width = sector?.Width ?? clip.Width;
        byte[] pixels = ArrayPool<byte>.Shared.Rent(height * width * channels);
        try
        {
            ReadCut(clip, frame, sector, channels, pixels.AsSpan(0, height * width * channels));
            var (top, left, newHeight, newWidth) = Place(height, width);
            if (newHeight == side && newWidth == side)
            {
                FrameOperations.Resize(pixels, height, width, channels, picture, side, side, Preprocessing.Interpolation);
            }
            else
            {
                byte[] resized = new byte[newHeight * newWidth * channels];
                FrameOperations.Resize(pixels, height, width, channels, resized, newHeight, newWidth, Preprocessing.Interpolation);
                Paste(resized, newHeight, newWidth * channels, picture[..(side * side * channels)], top, left * channels, side * channels);
            }

            if (!inside.IsEmpty)
            {
                PlaceSector(sector, inside, top, left, newHeight, newWidth);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    private static void ReadCut(EchoClip clip, int frame, SectorCrop? sector, int channels, Span<byte> pixels)
    {
        byte[] whole = ArrayPool<byte>.Shared.Rent(clip.FrameLength);
        byte[] cut = ArrayPool<byte>.Shared.Rent(clip.FrameLength);
        try
        {
            clip.ReadFrame(frame, whole);
            int length = (sector is null ? clip.Height * clip.Width : sector.Height * sector.Width) * clip.Channels;
            var source = whole.AsSpan(0, length);
            if (sector is not null)
            {
                source = cut.AsSpan(0, length);
                sector.Cut(whole, clip.Width, clip.Channels, source);
            }

            if (channels == clip.Channels)
            {
                source.CopyTo(pixels);
            }
            else
            {
                FrameOperations.ToGray(source, pixels);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
            ArrayPool<byte>.Shared.Return(cut);
        }
    }

    // The rectangle of the square that the picture fills.
    private (int Top, int Left, int Height, int Width) Place(int height, int width)
    {
        int side = Preprocessing.ImageSize;
        if (Preprocessing.Fit == SquareFit.Stretch)
        {
            return (0, 0, side, side);
        }

        double scale = (double)side / Math.Max(height, width);
        int newHeight = Math.Clamp((int)Math.Round(height * scale), 1, side);
        int newWidth = Math.Clamp((int)Math.Round(width * scale), 1, side);
        return ((side - newHeight) / 2, (side - newWidth) / 2, newHeight, newWidth);
    }

    private static void Paste(ReadOnlySpan<byte> source, int rows, int rowLength, Span<byte> destination, int top, int left, int stride)
    {
        destination.Clear();
        for (int row = 0; row < rows; row++)
        {
            source.Slice(row * rowLength, rowLength).CopyTo(destination[(((top + row) * stride) + left)..]);
        }
    }
}
