namespace EchoApex.Core.Datasets.Shards;

/// <summary>How the frames of a shard are stored.</summary>
public enum ShardCodec
{
    /// <summary>Baseline JPEG of one component; pixels outside the sector are restored exactly by a mask a clip.</summary>
    Jpeg,

    /// <summary>Gray PNG: every pixel exact, about half as large again, and a third as fast to read.</summary>
    Png,
}
