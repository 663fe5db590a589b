using System.Formats.Tar;

namespace EchoApex.Core.Tests.Datasets.Shards;

/// <summary>Damages archives, found through the platform's own tar reader.</summary>
internal static class ShardFiles
{
    /// <summary>Where a member's content starts, and its length.</summary>
    public static (long Start, long Length) Find(string tar, string member)
    {
        using var stream = File.OpenRead(tar);
        using var reader = new TarReader(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.Name == member)
            {
                return (entry.DataOffset, entry.Length);
            }
        }

        throw new ArgumentException($"{tar} has no member {member}.");
    }

    /// <summary>Changes one byte in the middle of a member's content.</summary>
    public static void DamageMember(string tar, string member)
    {
        var (start, length) = Find(tar, member);
        Damage(tar, start + (length / 2));
    }

    /// <summary>Changes one byte.</summary>
    public static void Damage(string path, long offset)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 0x40;
        File.WriteAllBytes(path, bytes);
    }
}
