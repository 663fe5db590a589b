using System.Buffers;
using EchoApex.Core.Imaging;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets;

/// <summary>Reads a clip file into sector frames: sector crop, gray, shrunk to a bounded side, frames spread evenly over the clip.</summary>
internal static class SectorFrameReader
{
    /// <exception cref="Runtime.DataException">The file cannot be read, or holds no sector.</exception>
    public static SectorFrames Read(string path, ClipDatasetOptions options) => Read(ClipReader.Open(path), options);

    public static SectorFrames Read(EchoClip clip, ClipDatasetOptions options) => Prepare(clip, options).Frames;

    /// <summary>The frames, which ones of the clip they are, and how many pixels of the clip one of theirs spans.</summary>
    public static PreparedFrames Prepare(EchoClip clip, ClipDatasetOptions options)
    {
        var sector = clip.Sector ?? SectorFinder.Find(clip);
        double scale = Math.Min(1, (double)options.MaximumSide / Math.Max(sector.Height, sector.Width));
        int height = Math.Max(1, (int)Math.Round(sector.Height * scale));
        int width = Math.Max(1, (int)Math.Round(sector.Width * scale));
        int count = Math.Min(clip.FrameCount, options.FramesPerClip);
        if ((long)count * height * width > Array.MaxLength)
        {
            throw new Runtime.DataException(clip.Origin.Path, $"{count} frames of {height} x {width} do not fit into memory at once. Take fewer frames of a clip, or smaller ones.");
        }

        byte[] mask = new byte[height * width];
        FrameOperations.ResizeMask(sector.Mask, sector.Height, sector.Width, mask, height, width);
        byte[] pixels = new byte[count * height * width];
        int[] indices = new int[count];
        for (int i = 0; i < count; i++)
        {
            int frame = count == 1 ? clip.FrameCount / 2 : (int)((long)i * (clip.FrameCount - 1) / (count - 1));
            indices[i] = frame;
            var target = pixels.AsSpan(i * height * width, height * width);
            ReadGray(clip, frame, sector, target, height, width);
            Mark(target, mask);
        }

        var frames = new SectorFrames(pixels, count, height, width);
        return new PreparedFrames(frames, indices, (double)sector.Width / width, (double)sector.Height / height);
    }

    private static void ReadGray(EchoClip clip, int frame, SectorCrop sector, Span<byte> target, int height, int width)
    {
        int area = sector.Height * sector.Width;
        byte[] whole = ArrayPool<byte>.Shared.Rent(clip.FrameLength);
        byte[] cut = ArrayPool<byte>.Shared.Rent(area * clip.Channels);
        byte[] gray = ArrayPool<byte>.Shared.Rent(area);
        try
        {
            clip.ReadFrame(frame, whole);
            sector.Cut(whole, clip.Width, clip.Channels, cut);
            if (clip.Channels == 3)
            {
                FrameOperations.ToGray(cut.AsSpan(0, area * 3), gray);
            }

            FrameOperations.Resize(clip.Channels == 3 ? gray : cut, sector.Height, sector.Width, 1, target, height, width, Interpolation.Area);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
            ArrayPool<byte>.Shared.Return(cut);
            ArrayPool<byte>.Shared.Return(gray);
        }
    }

    private static void Mark(Span<byte> pixels, ReadOnlySpan<byte> mask)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = mask[i] == 0 ? (byte)0 : Math.Max(pixels[i], (byte)1);
        }
    }
}
