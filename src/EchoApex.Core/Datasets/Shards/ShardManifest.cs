using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>The list of a set of shards, <c>shards.json</c>: written when a set is complete, so that a folder without it is not. Immutable.</summary>
public sealed class ShardManifest
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    private ShardManifest(IReadOnlyList<ShardEntry> shards)
    {
        Shards = shards;
        Fingerprint = FingerprintOf(shards);
    }

    /// <summary>The shards, in ordinal order of their names.</summary>
    public IReadOnlyList<ShardEntry> Shards { get; }

    /// <summary>Clips of all shards.</summary>
    public long ClipCount => Shards.Sum(shard => (long)shard.Clips);

    /// <summary>Frames of all shards.</summary>
    public long FrameCount => Shards.Sum(shard => (long)shard.Frames);

    /// <summary>16 hexadecimal digits that follow from names and contents of all shards: equal sets, equal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>The path of a folder's list.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, ShardLayout.ManifestName);

    /// <summary>Reads the list of a folder.</summary>
    /// <exception cref="DataException">There is none, or it is damaged.</exception>
    public static ShardManifest Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = PathIn(folder);
        if (!File.Exists(path))
        {
            throw new DataException(folder, $"holds no {ShardLayout.ManifestName}: it is no folder of shards, or writing it has not come to its end. Run the command that writes it again, or make the list of what is there with 'echoapex shards repair'.");
        }

        try
        {
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Json) ?? throw new JsonException("it is null.");
            if (content.Shards.Any(shard => shard is null) || content.Shards.Select(shard => shard.Name).Distinct(StringComparer.Ordinal).Count() < content.Shards.Count)
            {
                throw new JsonException("a shard is listed twice, or as null.");
            }

            return content.Format != ShardLayout.SetFormat ? throw new DataException(path, $"is not the list of a set of shards: its format is '{content.Format}', not '{ShardLayout.SetFormat}'.")
                : content.Version != ShardLayout.Version ? throw new DataException(path, $"has version {content.Version}; this EchoApex reads version {ShardLayout.Version}.")
                : content.Shards.FirstOrDefault(IsImpossible) is { } bad ? throw new DataException(path, $"has an impossible entry: name '{bad.Name}', {bad.Clips} clips, {bad.Frames} frames, {bad.Bytes} bytes. Make the list again with 'echoapex shards repair'.")
                : new ShardManifest(content.Shards);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message} Make the list again with 'echoapex shards repair'.", innerException: error);
        }
    }

    /// <summary>Lists the finished shards of a folder, those with an index, and writes the list, whole or not at all.</summary>
    /// <exception cref="DataException">An index is damaged, or two shards hold a clip of the same name.</exception>
    public static ShardManifest Write(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        var shards = new List<ShardEntry>();
        foreach (string tar in FinishedShards(folder))
        {
            var index = ShardIndex.Read(ShardLayout.IndexOf(tar));
            string name = Path.GetFileName(tar);
            foreach (string key in index.Keys)
            {
                if (!keys.TryAdd(key, name))
                {
                    throw new DataException(tar, $"holds a clip '{key}', and so does {keys[key]}. Names must be unique in a set; remove one of the two shards.");
                }
            }

            shards.Add(new ShardEntry(name, index.Keys.Count, index.FrameCount, index.TarLength, index.TarSha256));
        }

        return Write(folder, shards);
    }

    /// <summary>The archives of a folder that have an index, in ordinal order.</summary>
    internal static IEnumerable<string> FinishedShards(string folder) =>
        Directory.EnumerateFiles(folder, "*" + ShardLayout.TarExtension)
            .Where(path => File.Exists(ShardLayout.IndexOf(path)))
            .OrderBy(Path.GetFileName, StringComparer.Ordinal);

    internal static ShardManifest Write(string folder, IReadOnlyList<ShardEntry> shards)
    {
        var manifest = new ShardManifest(shards);
        var content = new Content(ShardLayout.SetFormat, ShardLayout.Version, manifest.ClipCount, manifest.FrameCount, manifest.Fingerprint, shards);
        AtomicOutput.WriteText(PathIn(folder), JsonSerializer.Serialize(content, Json) + "\n");
        return manifest;
    }

    private static bool IsImpossible(ShardEntry shard) =>
        shard.Name.Length == 0 || Path.GetFileName(shard.Name) != shard.Name || !shard.Name.EndsWith(ShardLayout.TarExtension, StringComparison.Ordinal)
        || shard.Clips < 0 || shard.Frames < 0 || shard.Bytes < 0;

    private static string FingerprintOf(IReadOnlyList<ShardEntry> shards)
    {
        string text = string.Concat(shards.Select(shard => $"{shard.Name}:{shard.Sha256}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    private sealed record Content(string Format, int Version, long Clips, long Frames, string Fingerprint, IReadOnlyList<ShardEntry> Shards);
}
