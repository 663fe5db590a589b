using System.Security.Cryptography;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// Brings a folder of shards back into order: makes an index that is missing or damaged from its archive, takes the whole clips out
/// of an archive that is torn or damaged, and writes shards.json. Nothing is deleted: a damaged archive stays as
/// <c>NAME.tar.damaged</c>. Running it again changes nothing.
/// </summary>
public static class ShardRepair
{
    /// <summary>What is put behind the name of an archive that is put aside.</summary>
    internal const string DamagedExtension = ".damaged";

    /// <summary>Repairs a folder.</summary>
    /// <param name="folder">The folder of shards.</param>
    /// <param name="progress">Told about each shard when it is done.</param>
    /// <param name="cancellationToken">Stops between shards and within long ones; what is done stays.</param>
    /// <returns>One report a shard.</returns>
    /// <exception cref="DataException">The folder holds no archive, a file cannot be read, or two shards hold a clip of the same name.</exception>
    public static IReadOnlyList<ShardRepairReport> Run(string folder, IProgress<ShardRepairReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw new DataException(folder, "the folder does not exist.");
        }

        PutBack(folder);
        string[] tars = [.. Directory.EnumerateFiles(folder, "*" + ShardLayout.TarExtension).OrderBy(Path.GetFileName, StringComparer.Ordinal)];
        if (tars.Length == 0)
        {
            throw new DataException(folder, $"holds no archive of shards (*{ShardLayout.TarExtension}); there is nothing to repair.");
        }

        var reports = new List<ShardRepairReport>();
        foreach (string tar in tars)
        {
            var report = RepairOne(tar, cancellationToken);
            reports.Add(report);
            progress?.Report(report);
        }

        ShardManifest.Write(folder);
        return reports;
    }

    /// <summary>Makes the index of an archive that is whole.</summary>
    /// <exception cref="DataException">It is not.</exception>
    internal static void Reindex(string tar)
    {
        using var file = ShardFile.Open(tar);
        var scan = ShardScan.Run(file);
        if (scan.Faults.Count > 0)
        {
            throw new DataException(tar, $"has no index and is damaged: {scan.Faults[0]}. Run 'echoapex shards repair' on the folder.");
        }

        WriteIndex(file, scan);
    }

    // Killed between two renames of an earlier repair: its archive has only the name that it was put aside under.
    private static void PutBack(string folder)
    {
        foreach (string damaged in Directory.EnumerateFiles(folder, "*" + ShardLayout.TarExtension + DamagedExtension))
        {
            string tar = damaged[..^DamagedExtension.Length];
            if (File.Exists(tar + ShardTar.TemporaryExtension) && !File.Exists(tar))
            {
                File.Move(damaged, tar);
            }
        }
    }

    private static ShardRepairReport RepairOne(string tar, CancellationToken cancellationToken)
    {
        using var file = ShardFile.Open(tar);
        var index = TryReadIndex(tar, out string? indexFault);
        var scan = ShardScan.Run(file, cancellationToken);
        DropChangedDescriptions(scan, index);
        string[] faults = [.. scan.Faults.Select(fault => fault.ToString())];
        if (faults.Length > 0)
        {
            return Rewrite(tar, file, scan, index, faults);
        }

        if (index is not null && index.TarLength == file.Length && index.TarSha256 == Convert.ToHexStringLower(Hash(file, cancellationToken)))
        {
            return new ShardRepairReport(tar, [], scan.Clips.Count, [], []);
        }

        WriteIndex(file, scan);
        return new ShardRepairReport(tar, [$"made the index again: {indexFault ?? "it did not belong to this archive"}"], scan.Clips.Count, Lost(scan, index), []);
    }

    // The checksum of a clip's .json is in the index alone.
    private static void DropChangedDescriptions(ShardScan scan, ShardIndex? index)
    {
        var known = index?.Keys.Zip(index.Records).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal) ?? [];
        foreach (var clip in scan.Clips.ToArray())
        {
            if (known.TryGetValue(clip.Info.Key, out var record) && record.Offset == clip.Record.Offset && record.JsonChecksum != clip.Record.JsonChecksum)
            {
                scan.Clips.Remove(clip);
                scan.Faults.Add(new ShardScan.Fault(record.Offset, clip.Info.Key, "its .json is damaged: its checksum does not hold"));
            }
        }
    }

    private static ShardRepairReport Rewrite(string tar, ShardFile file, ShardScan scan, ShardIndex? index, string[] faults)
    {
        string[] lost = Lost(scan, index);
        string damaged = tar + DamagedExtension;
        if (File.Exists(damaged))
        {
            throw new DataException(damaged, "is in the way: an earlier repair put a damaged archive there. Move it elsewhere and repair again.");
        }

        // The index goes after the archive: should the move fail, the folder is as it was.
        if (scan.Clips.Count == 0)
        {
            File.Move(tar, damaged);
            File.Delete(ShardLayout.IndexOf(tar));
            return new ShardRepairReport(tar, [$"put the archive aside as {Path.GetFileName(damaged)}: no clip in it is whole"], 0, lost, faults);
        }

        byte[] buffer = [];
        using (var target = new ShardTar(tar))
        {
            foreach (var clip in scan.Clips)
            {
                int length = (int)(clip.End - clip.Record.Offset);
                buffer = buffer.Length < length ? new byte[length] : buffer;
                file.Read(clip.Record.Offset, buffer.AsSpan(0, length));
                target.Add(buffer.AsSpan(0, length), clip.Record, clip.Frames, clip.Info.Key, clip.Info.Patient);
            }

            File.Move(tar, damaged);
            File.Delete(ShardLayout.IndexOf(tar));
            target.Finish(scan.Clips[0].Info.Codec, scan.Clips[0].Info.Quality);
        }

        return new ShardRepairReport(tar, [$"wrote the {scan.Clips.Count} whole clips again and put the damaged archive aside as {Path.GetFileName(damaged)}"], scan.Clips.Count, lost, faults);
    }

    private static string[] Lost(ShardScan scan, ShardIndex? index)
    {
        var kept = scan.Clips.Select(clip => clip.Info.Key).ToHashSet(StringComparer.Ordinal);
        return [.. (index?.Keys ?? []).Concat(scan.Faults.Select(fault => fault.Key).OfType<string>()).Distinct(StringComparer.Ordinal).Where(key => !kept.Contains(key))];
    }

    private static ShardIndex? TryReadIndex(string tar, out string? fault)
    {
        string path = ShardLayout.IndexOf(tar);
        try
        {
            fault = File.Exists(path) ? null : "it was missing";
            return fault is null ? ShardIndex.Read(path) : null;
        }
        catch (DataException error)
        {
            fault = error.Reason;
            return null;
        }
    }

    private static void WriteIndex(ShardFile file, ShardScan scan)
    {
        var first = scan.Clips.Count > 0 ? scan.Clips[0].Info : null;
        byte[] index = ShardIndex.Write(file.Length, Hash(file), first?.Codec ?? ShardCodec.Jpeg, first?.Quality ?? 0, [.. scan.Clips.Select(clip => (clip.Record, clip.Frames, clip.Info.Key, clip.Info.Patient))]);
        AtomicOutput.WriteFile(ShardLayout.IndexOf(file.Name), stream => stream.Write(index));
    }

    /// <summary>SHA-256 of an archive.</summary>
    internal static byte[] Hash(ShardFile file, CancellationToken cancellationToken = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[(int)Math.Min(1 << 20, Math.Max(1, file.Length))];
        for (long position = 0; position < file.Length; position += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - position));
            file.Read(position, part);
            hash.AppendData(part);
        }

        return hash.GetHashAndReset();
    }
}
