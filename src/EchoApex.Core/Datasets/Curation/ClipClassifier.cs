using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Sectors;

namespace EchoApex.Core.Datasets.Curation;

/// <summary>Says what a file shows: by the types of its DICOM regions first, then by its pixels.</summary>
internal static class ClipClassifier
{
    // Colours at least this far from gray count; tinted gray scales stay below.
    private const int Colorful = 60;
    private const double LeastFlow = 0.004;
    private const double NonEchoColor = 0.35;

    /// <summary>The class that regions and frame statistics give; null when the sweep of the stored frames has to decide.</summary>
    public static ClipClass OfFile(EchoClip clip, ClipStatistics statistics, SectorAnalysis analysis)
    {
        long image = AreaOf(clip, RegionKind.Tissue2D, RegionKind.ColorFlow2D);
        long motionMode = AreaOf(clip, RegionKind.MMode), spectrum = AreaOf(clip, RegionKind.SpectralDoppler);
        if (Math.Max(motionMode, spectrum) > image)
        {
            return motionMode > spectrum ? ClipClass.MMode : ClipClass.SpectralDoppler;
        }

        double color = ColorShare(statistics, analysis.Crop);
        if (image == 0 && analysis.Shape is null)
        {
            return ColorShare(statistics, null) > NonEchoColor || clip.FrameCount == 1 ? ClipClass.NonEcho : ClipClass.Unknown;
        }

        return clip.FrameCount == 1 ? ClipClass.Still : color > LeastFlow ? ClipClass.ColorFlow : ClipClass.BMode;
    }

    private static long AreaOf(EchoClip clip, params RegionKind[] kinds) =>
        clip.Regions.Where(region => kinds.Contains(region.Kind)).Sum(region => (long)region.Width * region.Height);

    private static double ColorShare(ClipStatistics statistics, SectorCrop? crop)
    {
        var saturation = statistics.Saturation;
        if (saturation.IsEmpty)
        {
            return 0;
        }

        int all = 0, color = 0;
        var (left, top, width, height) = crop is null ? (0, 0, statistics.Width, statistics.Height) : (crop.X, crop.Y, crop.Width, crop.Height);
        for (int y = 0; y < height; y++)
        {
            var row = saturation.Slice(((top + y) * statistics.Width) + left, width);
            var mask = crop is null ? default : crop.Mask.Slice(y * width, width);
            for (int x = 0; x < width; x++)
            {
                if (mask.IsEmpty || mask[x] != 0)
                {
                    all++;
                    color += row[x] >= Colorful ? 1 : 0;
                }
            }
        }

        return color / (double)Math.Max(1, all);
    }
}
