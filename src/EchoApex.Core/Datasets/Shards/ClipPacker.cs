using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using Microsoft.Extensions.Logging;
using OpenCvSharp;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// Packs a folder of clips into shards: sector, gray, shrunk. It removes nothing but what lies outside the sector: it is for clips that
/// are de-identified already, or identify nobody. File names become part of the keys.
/// </summary>
/// <remarks>OpenCV's own threads are turned off for the process, because the packer's already use the cores.</remarks>
public static class ClipPacker
{
    private const string OptionsName = "pack.json";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter() } };

    /// <summary>Packs what is not in the set yet; stopped at any point and run again it leaves what one run would have.</summary>
    /// <param name="source">Folder that is searched through for clips.</param>
    /// <param name="folder">Folder of the shards; new, or one that an earlier run with the same options has left.</param>
    /// <param name="options">How clips are packed.</param>
    /// <param name="list">Labels and patients of clips, by path; a clip of the folder that it does not name has none. Null for no list.</param>
    /// <param name="progress">Told the number of clips looked at so far.</param>
    /// <param name="loggers">Optional; skipped files are logged as warnings.</param>
    /// <param name="cancellationToken">Stops between clips; shards that are full stay.</param>
    /// <exception cref="ConfigurationException">An option is out of range or differs from the earlier run's.</exception>
    /// <exception cref="DataException">The source does not exist or holds no clip that can be read, or the folder holds shards of another origin.</exception>
    public static PackOutcome Run(
        string source, string folder, PackOptions options, LabelledClipList? list = null, IProgress<int>? progress = null, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "pack");

        // The shards may lie below the clips.
        var clips = new FolderWalk(folder).Clips(source);
        var labels = list?.Clips.GroupBy(clip => clip.Path, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal) ?? [];
        OpenCvRuntime.EnsureAvailable();
        Cv2.SetNumThreads(1);
        var logger = loggers?.CreateLogger("EchoApex.Core.Datasets.Shards.ClipPacker");
        var skipped = new List<SkippedClip>();
        int added = 0, present = 0;
        RequireSameOptions(folder, options);
        using var writer = ShardWriter.Open(folder, options.Shards, loggers);
        var encoded = new OrderedEncoder(options.Shards, options.Workers).Run(New(), cancellationToken);
        foreach (var (path, clip, fault) in encoded)
        {
            if (clip is not null)
            {
                writer.Add(clip);
                added++;
            }
            else
            {
                skipped.Add(new SkippedClip(path, fault!));
                logger?.LogWarning("Left out {Path}: {Reason}", path, fault);
            }

            progress?.Report(added + present + skipped.Count);
        }

        return writer.ClipCount > 0
            ? new PackOutcome(writer.Complete(), added, present, skipped)
            : throw new DataException(source, skipped.Count == 0 ? "holds no clip. Name a folder of DICOM, AVI, MP4, PNG, JPEG, NIfTI or MetaImage files." : $"none of its {skipped.Count} clips can be read; the first is {skipped[0].Path}: {skipped[0].Reason}");

        IEnumerable<(string Path, Func<ShardClip> Make)> New()
        {
            foreach (string path in clips)
            {
                string key = KeyOf(Path.GetRelativePath(source, path));
                if (writer.Contains(key))
                {
                    present++;
                    continue;
                }

                yield return (path, () => Make(path, key, options, labels.GetValueOrDefault(Path.GetFullPath(path))));
            }
        }
    }

    /// <summary>A clip's key: its path with other characters replaced, cut to 60, and eight digits of the path's SHA-256, so that no two are equal.</summary>
    internal static string KeyOf(string relativePath)
    {
        string path = relativePath.Replace('\\', '/');
        string stem = Path.ChangeExtension(path, null);
        string name = string.Concat(stem.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '_')).TrimStart('-', '_');
        name = name.Length > 60 ? name[^60..].TrimStart('-', '_') : name;
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..8];
        return name.Length == 0 ? hash : $"{name}-{hash}";
    }

    // Threads have no influence on the shards, and prefixes may differ within a folder.
    private static void RequireSameOptions(string folder, PackOptions options)
    {
        string path = Path.Combine(folder, OptionsName);
        string text = JsonSerializer.Serialize(new { Format = "echoapex-pack", Version = 1, Options = options with { Workers = 1, Shards = options.Shards with { Prefix = "" } } }, Json) + "\n";
        if (!File.Exists(path))
        {
            if (Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*" + ShardLayout.TarExtension).Any())
            {
                throw new DataException(folder, $"holds shards and no {OptionsName}: it is not known how they were packed, or they were not packed from clips. Write to another folder.");
            }

            AtomicOutput.WriteText(path, text);
        }
        else if (File.ReadAllText(path) != text)
        {
            throw new ConfigurationException("pack", $"{path} says that the folder was packed with other options than now. Go on with the same ones, or write to another folder.");
        }
    }

    private static ShardClip Make(string path, string key, PackOptions options, LabelledClip? label)
    {
        var clip = ClipReader.Open(path);
        var prepared = SectorFrameReader.Prepare(clip, new ClipDatasetOptions { MaximumSide = options.MaximumSide, FramesPerClip = options.FramesPerClip });
        return new ShardClip
        {
            Key = key,

            // A list without patients has the path in their place.
            Patient = label is null || label.Group == label.Path ? null : label.Group,
            Frames = prepared.Frames,
            FrameTimesMs = clip.FrameTimesMs is { } times ? [.. prepared.Indices.Select(i => times[i] - times[prepared.Indices[0]])] : null,
            Spacing = clip.Spacing is { } spacing ? new PixelSpacing(spacing.XMm * prepared.PixelWidth, spacing.YMm * prepared.PixelHeight) : null,
            View = label?.Label ?? clip.View,
            Scanner = clip.Scanner,
        };
    }
}
