using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>How shards are written.</summary>
public sealed record ShardWriteOptions
{
    /// <summary>How frames are stored.</summary>
    public ShardCodec Codec { get; init; } = ShardCodec.Jpeg;

    /// <summary>JPEG quality.</summary>
    [Range(1, 100)]
    public int Quality { get; init; } = 95;

    /// <summary>Size in megabytes (2^20 bytes) beyond which a shard takes no further clip; a clip is never split.</summary>
    [Range(1, 65_536)]
    public int ShardMegabytes { get; init; } = 256;

    /// <summary>Start of the shards' names, <c>PREFIX-000000.tar</c>: letters, digits, '-' and '_'. Writers that fill one folder at the same time need different ones.</summary>
    [Required]
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", ErrorMessage = "must be 1 to 64 letters, digits, '-' or '_', the first a letter or digit")]
    public string Prefix { get; init; } = "shard";
}
