namespace EchoApex.Core.Datasets.Shards;

/// <summary>Limits and names that writer and readers share; docs/shards.md describes the layout to the byte.</summary>
internal static class ShardLayout
{
    public const int MostFrames = 65_535;
    public const int LongestSide = 4096;
    public const int LongestFrame = 1 << 28;
    public const int LongestJson = 1 << 22;
    public const int MostAttributes = 256;
    public const int Version = 1;
    public const string ClipFormat = "echoapex-clip";
    public const string SetFormat = "echoapex-shards";
    public const string ManifestName = "shards.json";
    public const string TarExtension = ".tar";
    public const string IndexExtension = ".idx";
    public const string JsonSuffix = "json";
    public const string MaskSuffix = "mask.png";

    public static string FrameSuffix(int frame, ShardCodec codec) =>
        frame.ToString("D6", System.Globalization.CultureInfo.InvariantCulture) + (codec == ShardCodec.Jpeg ? ".jpg" : ".png");

    public static string IndexOf(string tar) => System.IO.Path.ChangeExtension(tar, IndexExtension);
}
