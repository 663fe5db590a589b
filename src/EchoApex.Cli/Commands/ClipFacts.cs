using System.Text.Json.Serialization;
using EchoApex.Core.Imaging;
using EchoApex.Core.Sources;

namespace EchoApex.Cli.Commands;

/// <summary>What <c>inspect</c> tells of a clip; the members of its JSON.</summary>
internal sealed record ClipFacts
{
    public required string Path { get; init; }

    /// <summary>Why the clip cannot be read; null when it can.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    public string? Format { get; init; }

    /// <summary>Transfer syntax or video codec.</summary>
    public string? Encoding { get; init; }

    public string? Photometric { get; init; }

    public int Frames { get; init; }

    public int Height { get; init; }

    public int Width { get; init; }

    public int Channels { get; init; }

    public double? FramesPerSecond { get; init; }

    public IReadOnlyList<double>? FrameTimesMs { get; init; }

    public PixelSpacing? Spacing { get; init; }

    public double? HeartRateBpm { get; init; }

    public string? View { get; init; }

    public string? Scanner { get; init; }

    public IReadOnlyList<UltrasoundRegion> Regions { get; init; } = [];

    public SectorFacts? Sector { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];

    public static ClipFacts Read(string path)
    {
        var clip = ClipReader.Open(path);
        var sector = SectorFinder.TryFind(clip);
        return new ClipFacts
        {
            Path = path,
            Format = clip.Origin.Format,
            Encoding = clip.Origin.Encoding,
            Photometric = clip.Origin.Photometric,
            Frames = clip.FrameCount,
            Height = clip.Height,
            Width = clip.Width,
            Channels = clip.Channels,
            FramesPerSecond = clip.FramesPerSecond,
            FrameTimesMs = clip.FrameTimesMs,
            Spacing = clip.Spacing,
            HeartRateBpm = clip.HeartRateBpm,
            View = clip.View,
            Scanner = clip.Scanner,
            Regions = clip.Regions,
            Sector = sector is null ? null : SectorFacts.Of(sector, clip),
            Notes = clip.Notes,
        };
    }

    /// <summary>The sector's rectangle, the share of the frame that its mask takes, and how it was found.</summary>
    internal sealed record SectorFacts(int X, int Y, int Width, int Height, double MaskShare, double Confidence, string Method)
    {
        public static SectorFacts Of(SectorCrop sector, EchoClip clip)
        {
            int inside = sector.Mask.Length - System.MemoryExtensions.Count(sector.Mask, (byte)0);
            return new(sector.X, sector.Y, sector.Width, sector.Height, inside / (double)(clip.Width * clip.Height), Math.Round(sector.Confidence, 4), sector.Method);
        }
    }
}
