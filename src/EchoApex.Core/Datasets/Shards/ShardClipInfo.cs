using EchoApex.Core.Imaging;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>What a shard says of a clip beside its pixels: the clip's .json.</summary>
public sealed record ShardClipInfo
{
    /// <summary>The clip's name.</summary>
    public required string Key { get; init; }

    /// <summary>The patient; null when unknown.</summary>
    public string? Patient { get; init; }

    /// <summary>How the frames are stored.</summary>
    public required ShardCodec Codec { get; init; }

    /// <summary>JPEG quality; 0 for PNG.</summary>
    public int Quality { get; init; }

    /// <summary>Rows of a frame.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of a frame.</summary>
    public required int Width { get; init; }

    /// <summary>CRC-32C of each stored frame; as many as frames.</summary>
    public required IReadOnlyList<uint> FrameChecksums { get; init; }

    /// <summary>CRC-32C of the stored mask; null when the clip has none.</summary>
    public uint? MaskChecksum { get; init; }

    /// <summary>Time of each frame in ms from the first one; null when unknown.</summary>
    public IReadOnlyList<double>? FrameTimesMs { get; init; }

    /// <summary>Spacing of the stored pixels; null when unknown.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>View; null when unknown.</summary>
    public string? View { get; init; }

    /// <summary>Scanner; null when unknown.</summary>
    public string? Scanner { get; init; }

    /// <summary>What else the writer kept.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Number of frames, at least 1.</summary>
    public int FrameCount => FrameChecksums.Count;
}
