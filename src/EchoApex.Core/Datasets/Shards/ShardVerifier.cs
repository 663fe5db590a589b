using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>Verifies a set of shards: its list, its indexes, and every checksum of its archives, each bad record by name. Nothing is changed.</summary>
public static class ShardVerifier
{
    /// <summary>Verifies a set.</summary>
    /// <param name="folder">The folder of shards.</param>
    /// <param name="decode">Whether every picture is decoded too.</param>
    /// <param name="progress">Told about each shard when it is done.</param>
    /// <param name="cancellationToken">Stops between records.</param>
    /// <returns>What was found; empty when all is well.</returns>
    /// <exception cref="DataException">The folder holds no shards.json, or that is damaged.</exception>
    public static IReadOnlyList<ShardFinding> Run(string folder, bool decode = false, IProgress<ShardEntry>? progress = null, CancellationToken cancellationToken = default)
    {
        var manifest = ShardManifest.Read(folder);
        var findings = new List<ShardFinding>();
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in manifest.Shards)
        {
            try
            {
                findings.AddRange(Verify(Path.Combine(folder, entry.Name), entry, decode, keys, cancellationToken));
            }
            catch (DataException error)
            {
                findings.Add(new ShardFinding(error.File, null, null, error.Reason));
            }

            progress?.Report(entry);
        }

        var listed = manifest.Shards.Select(shard => shard.Name).ToHashSet(StringComparer.Ordinal);
        findings.AddRange(Directory.EnumerateFiles(folder, "*" + ShardLayout.TarExtension)
            .Where(path => !listed.Contains(Path.GetFileName(path)))
            .Order(StringComparer.Ordinal)
            .Select(path => new ShardFinding(path, null, null, $"is not in {ShardLayout.ManifestName}; 'echoapex shards repair' takes it in")));
        return findings;
    }

    private static List<ShardFinding> Verify(string tar, ShardEntry entry, bool decode, Dictionary<string, string> keys, CancellationToken cancellationToken)
    {
        var index = ShardIndex.Read(ShardLayout.IndexOf(tar));
        var findings = new List<ShardFinding>();
        if (index.Keys.Count != entry.Clips || index.FrameCount != entry.Frames || index.TarLength != entry.Bytes || index.TarSha256 != entry.Sha256)
        {
            findings.Add(new ShardFinding(ShardLayout.IndexOf(tar), null, null, $"does not belong to the shard that {ShardLayout.ManifestName} tells of"));
        }

        foreach (string key in index.Keys.Where(key => !keys.TryAdd(key, tar)))
        {
            findings.Add(new ShardFinding(tar, key, null, $"is in {keys[key]} too"));
        }

        using var file = ShardFile.Open(tar);
        if (file.Length != index.TarLength)
        {
            findings.Add(new ShardFinding(tar, null, null, $"has {file.Length} bytes; its index says {index.TarLength}"));
        }

        for (int i = 0; i < index.Keys.Count; i++)
        {
            findings.AddRange(VerifyClip(file, index, i, decode, cancellationToken));
        }

        if (findings.Count == 0 && Convert.ToHexStringLower(ShardRepair.Hash(file, cancellationToken)) != index.TarSha256)
        {
            findings.Add(new ShardFinding(tar, null, null, "has another SHA-256 than its index says, though every record is right: the bytes between them, headers or filling, were changed"));
        }

        return findings;
    }

    private static IEnumerable<ShardFinding> VerifyClip(ShardFile file, ShardIndex index, int clip, bool decode, CancellationToken cancellationToken)
    {
        var record = index.Records[clip];
        string key = index.Keys[clip];
        var records = new List<(string What, int? Frame, long Start, int Length, uint Checksum)> { ("its .json", null, record.JsonStart, record.JsonLength, record.JsonChecksum) };
        if (record.MaskLength > 0)
        {
            records.Add(("its mask", null, record.MaskStart, record.MaskLength, record.MaskChecksum));
        }

        int frame = 0;
        foreach (var entry in index.FramesOf(clip))
        {
            records.Add(("it", frame++, record.Offset + entry.Start, (int)entry.ByteCount, entry.Checksum));
        }

        byte[] pixels = decode ? new byte[record.Height * record.Width] : [];
        foreach (var (what, number, start, length, checksum) in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Fault(file, start, length, checksum, decode && what != "its .json" ? record : null, pixels) is { } fault)
            {
                yield return new ShardFinding(file.Name, key, number, $"{what} {fault} (offset {start}, {length} bytes)");
            }
        }
    }

    private static string? Fault(ShardFile file, long start, int length, uint checksum, ShardClipRecord? picture, byte[] pixels)
    {
        if (start + length > file.Length)
        {
            return "lies beyond the end of the archive";
        }

        byte[] content = System.Buffers.ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var bytes = content.AsSpan(0, length);
            file.Read(start, bytes);
            if (Crc32C.Of(bytes) != checksum)
            {
                return "is damaged: its checksum does not hold";
            }

            if (picture is { } size)
            {
                ShardFrameCodec.Decode(bytes, size.Height, size.Width, pixels);
            }

            return null;
        }
        catch (FormatException error)
        {
            return error.Message;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(content);
        }
    }
}
