using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using OpenCvSharp;

namespace EchoApex.Heads.Quality;

/// <summary>Numbers of the pictures of a clip, within its sector.</summary>
internal sealed record PictureQuality
{
    private const int Looked = 24;
    private const int ShiftSide = 96;
    private const byte White = 250;

    /// <summary>Share of the frame that the sector fills.</summary>
    public required double SectorShare { get; init; }

    /// <summary>Mean level within the sector, 0 to 255.</summary>
    public required double MeanLevel { get; init; }

    /// <summary>The level that a quarter of the sector lies below.</summary>
    public required double DarkLevel { get; init; }

    /// <summary>Share of the sector at full white.</summary>
    public required double SaturatedShare { get; init; }

    /// <summary>Mean absolute change from one looked-at frame to the next, in levels.</summary>
    public required double Change { get; init; }

    /// <summary>Shift of the whole picture from the clip's first third to its last, as a share of its side; means over the thirds even out the beat.</summary>
    public required double Shift { get; init; }

    /// <summary>Looks at up to 24 frames.</summary>
    public static PictureQuality Of(EchoClip clip, SectorCrop sector)
    {
        var frames = FrameSelection.Spread(clip.FrameCount, Math.Min(Looked, clip.FrameCount));
        long[] levels = new long[256];
        double change = 0;
        byte[]? before = null;
        int third = frames.Count / 3;
        using var first = new Mat(ShiftSide, ShiftSide, MatType.CV_32FC1, Scalar.Black);
        using var last = new Mat(ShiftSide, ShiftSide, MatType.CV_32FC1, Scalar.Black);
        for (int i = 0; i < frames.Count; i++)
        {
            byte[] picture = ReadGray(clip, frames[i], sector);
            Count(picture, sector.Mask, levels);
            change += before is null ? 0 : MeanChange(before, picture, sector.Mask) / (frames.Count - 1);
            before = picture;
            if (i < third || i >= frames.Count - third)
            {
                using var small = Small(picture, sector);
                var sum = i < third ? first : last;
                Cv2.Add(sum, small, sum);
            }
        }

        long count = Math.Max(1, levels.Sum());
        return new PictureQuality
        {
            SectorShare = (sector.Mask.Length - MemoryExtensions.Count(sector.Mask, (byte)0)) / ((double)clip.Height * clip.Width),
            MeanLevel = levels.Select((number, level) => (double)number * level).Sum() / count,
            DarkLevel = Quantile(levels, count, 0.25),
            SaturatedShare = levels[White..].Sum() / (double)count,
            Change = change,
            Shift = third == 0 ? 0 : ShiftOf(first, last),
        };
    }

    /// <summary>The sector of a frame in gray, blank outside: Height x Width bytes of the crop.</summary>
    public static byte[] ReadGray(EchoClip clip, int frame, SectorCrop sector)
    {
        byte[] whole = clip.ReadFrame(frame);
        if (clip.Channels == 3)
        {
            byte[] gray = new byte[clip.Height * clip.Width];
            FrameOperations.ToGray(whole, gray);
            whole = gray;
        }

        byte[] cut = new byte[sector.Width * sector.Height];
        sector.Cut(whole, clip.Width, 1, cut);
        return cut;
    }

    private static void Count(byte[] picture, ReadOnlySpan<byte> mask, long[] levels)
    {
        for (int i = 0; i < picture.Length; i++)
        {
            if (mask[i] != 0)
            {
                levels[picture[i]]++;
            }
        }
    }

    private static double MeanChange(byte[] before, byte[] after, ReadOnlySpan<byte> mask)
    {
        long sum = 0, count = 0;
        for (int i = 0; i < after.Length; i++)
        {
            if (mask[i] != 0)
            {
                sum += Math.Abs(after[i] - before[i]);
                count++;
            }
        }

        return sum / (double)Math.Max(1, count);
    }

    private static Mat Small(byte[] picture, SectorCrop sector)
    {
        using var whole = Mat.FromPixelData(sector.Height, sector.Width, MatType.CV_8UC1, picture);
        using var small = new Mat();
        Cv2.Resize(whole, small, new Size(ShiftSide, ShiftSide), 0, 0, InterpolationFlags.Area);
        using var smooth = new Mat();
        Cv2.GaussianBlur(small, smooth, new Size(0, 0), 2);
        var values = new Mat();
        smooth.ConvertTo(values, MatType.CV_32FC1);
        return values;
    }

    private static double ShiftOf(Mat first, Mat other)
    {
        using var window = new Mat();
        Cv2.CreateHanningWindow(window, new Size(ShiftSide, ShiftSide), MatType.CV_32FC1);
        var shift = Cv2.PhaseCorrelate(first, other, window, out double response);

        // Pictures that have little in common give a shift that means nothing.
        return response < 0.1 ? 0 : Math.Sqrt((shift.X * shift.X) + (shift.Y * shift.Y)) / ShiftSide;
    }

    private static double Quantile(long[] levels, long count, double share)
    {
        long sum = 0;
        for (int level = 0; level < levels.Length; level++)
        {
            sum += levels[level];
            if (sum >= share * count)
            {
                return level;
            }
        }

        return levels.Length - 1;
    }
}
