using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>Cuts frames to a sector, blanks what lies outside, leaves out repetitions, and shrinks to the stored size.</summary>
internal static class SectorFrameCutter
{
    /// <summary>The frames that are stored, and how many repetitions were left out.</summary>
    public static (SectorFrames Frames, int[] Indices, int Repeated) Cut(DecodedFrames decoded, EchoClip clip, SectorCrop crop, IngestOptions options)
    {
        var distinct = Distinct(decoded, clip, crop, options.RepeatThreshold);
        int count = Math.Min(distinct.Count, options.FramesPerClip);
        int[] indices = [.. Enumerable.Range(0, count).Select(i => count == 1 ? distinct[distinct.Count / 2] : distinct[(int)((long)i * (distinct.Count - 1) / (count - 1))])];
        double scale = Math.Min(1, (double)options.MaximumSide / Math.Max(crop.Height, crop.Width));
        int height = Math.Max(1, (int)Math.Round(crop.Height * scale));
        int width = Math.Max(1, (int)Math.Round(crop.Width * scale));
        byte[] mask = new byte[height * width];
        var shrink = new AreaShrink(crop.Height, crop.Width, height, width);
        shrink.Run(crop.Mask, mask);
        for (int i = 0; i < mask.Length; i++)
        {
            // A stored pixel belongs to the sector when at least half of it does; the blanked rest of it is black.
            mask[i] = mask[i] < 128 ? (byte)0 : (byte)255;
        }

        byte[] pixels = new byte[checked(count * height * width)];
        byte[] cut = new byte[crop.Width * crop.Height];
        for (int i = 0; i < count; i++)
        {
            var target = pixels.AsSpan(i * height * width, height * width);
            crop.Cut(decoded.Gray(indices[i]), clip.Width, 1, cut);
            shrink.Run(cut, target);
            ShardFrameCodec.Mark(target, mask);
        }

        return (new SectorFrames(pixels, count, height, width), indices, clip.FrameCount - distinct.Count);
    }

    private static List<int> Distinct(DecodedFrames decoded, EchoClip clip, SectorCrop crop, double threshold)
    {
        List<int> distinct = [0];
        double most = threshold * (crop.Mask.Length - crop.Mask.Count((byte)0));
        byte[] last = decoded.Gray(0).ToArray();
        for (int i = 1; i < clip.FrameCount; i++)
        {
            var now = decoded.Gray(i);
            if (crop.ChangesMoreThan(last, now, clip.Width, most))
            {
                distinct.Add(i);
                now.CopyTo(last);
            }
        }

        return distinct;
    }
}
