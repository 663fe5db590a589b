using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Datasets.Shards;

/// <summary>Small clips for shards: a fan of grain, another in every clip and frame.</summary>
internal static class ShardClips
{
    public const int Height = 40, Width = 48;

    public static readonly ShardWriteOptions Options = new() { ShardMegabytes = 1 };

    public static ShardClip Make(int number, int frames = 4, string? patient = null, bool fan = true) => new()
    {
        Key = $"clip-{number:0000}",
        Patient = patient,
        Frames = Frames(number, frames, fan),
    };

    public static SectorFrames Frames(int number, int frames, bool fan = true)
    {
        byte[] pixels = new byte[frames * Height * Width];
        for (int frame = 0; frame < frames; frame++)
        {
            var random = RandomStream.For((ulong)number, "shard-test", frame);
            for (int i = 0; i < Height * Width; i++)
            {
                int x = (i % Width) - (Width / 2), y = i / Width;
                bool inside = !fan || (Math.Abs(x) <= y && (x * x) + (y * y) < Height * Height);
                pixels[(frame * Height * Width) + i] = inside ? (byte)Math.Clamp(1 + (4 * frame) + (2 * y) + random.NextInt32(40), 1, 255) : (byte)0;
            }
        }

        return new SectorFrames(pixels, frames, Height, Width);
    }

    /// <summary>Writes clips and completes the set.</summary>
    public static ShardManifest Write(string folder, IEnumerable<ShardClip> clips, ShardWriteOptions? options = null)
    {
        options ??= Options;
        using var writer = ShardWriter.Open(folder, options);
        foreach (var clip in clips.Where(clip => !writer.Contains(clip.Key)))
        {
            writer.Add(EncodedClip.Encode(clip, options));
        }

        return writer.Complete();
    }

    public static byte[] Pixels(SectorFrames frames) => [.. Enumerable.Range(0, frames.FrameCount).SelectMany(i => frames[i].Pixels.ToArray())];

    /// <summary>Names and contents of all files of a folder.</summary>
    public static SortedDictionary<string, string> Contents(string folder) => new(
        Directory.EnumerateFiles(folder).ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);
}
