using System.Text.Json;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// Reads Unity Imaging (Imperial College London): single frames with points and curves of several views. Files: labels/labels-train.json,
/// labels-tune.json (or labels-val.json), labels-all.json, pictures in png-cache/.
/// </summary>
/// <remarks>
/// Handled: points and curves as text ("12.5 30.1"); curves are natural cubic splines over chord length through their points; labels
/// that are "off" or "blurred"; names with "_(1)"; a list labels-train.txt beside labels-train.json keeps only its frames;
/// 01_database_physical.csv (cm a pixel) and view_index_*.csv where they are there. lv-ivs-top, lv-ivs-bottom, lv-pw-top and
/// lv-pw-bottom also become ivs, lvid and lvpw. The patient is not known: the video's code stands for it. Layout after
/// UnityImaging/scantensus-echo.
/// </remarks>
public static class UnitySet
{
    internal const string Name = "Unity Imaging";
    private const int VideoCode = 67;
    private const int FrameCode = 72;

    private static readonly (string File, DataSplit? Split)[] Parts =
    [
        ("train", DataSplit.Train), ("tune", DataSplit.Validation), ("val", DataSplit.Validation), ("test", DataSplit.Test), ("all", null),
    ];

    /// <summary>Reads the set's labels.</summary>
    /// <param name="folder">The folder that holds labels/ and png-cache/, or one above it.</param>
    /// <param name="unlisted">The part of frames that are in labels-all.json alone; the usual use of the set is as one to judge on.</param>
    /// <exception cref="DataException">There is no such set, or no frame can be used.</exception>
    public static AnnotatedClipSet Read(string folder, DataSplit unlisted = DataSplit.Test)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var listing = SetFolder.List(folder);
        string? cache = listing.FoldersNamed("png-cache").FirstOrDefault();
        string[] labels = [.. Labels(listing)];
        if (cache is null || labels.Length == 0)
        {
            throw new DataException(folder, $"holds no Unity Imaging: there is no {(cache is null ? "folder png-cache" : "labels/labels-train.json, labels-tune.json, labels-val.json or labels-all.json")} below it. Name the folder that holds labels and png-cache.");
        }

        var builder = new ClipSetBuilder(Name, folder);
        var sizes = Sizes(listing, builder);
        var views = Views(listing, builder);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, split) in Parts)
        {
            foreach (string path in labels.Where(path => Path.GetFileNameWithoutExtension(path).Equals($"labels-{name}", StringComparison.OrdinalIgnoreCase)))
            {
                if (split is null)
                {
                    builder.Note($"Frames that {path} alone names are in {unlisted}.");
                }

                ReadLabels(path, split ?? unlisted, cache, builder, known, sizes, views);
            }
        }

        return builder.Build([]);
    }

    /// <summary>The files of labels in a folder.</summary>
    internal static IEnumerable<string> Labels(SetFolder listing) => Parts.SelectMany(part => listing.Named($"labels-{part.File}.json"));

    private static void ReadLabels(string path, DataSplit split, string cache, ClipSetBuilder builder, HashSet<string> known, Dictionary<string, PixelSpacing> sizes, Dictionary<string, string> views)
    {
        string list = Path.ChangeExtension(path, ".txt");
        var listed = ReadList(list);
        using var json = Parse(path);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new DataException(path, "is no object of frames. Get the set's labels again.");
        }

        foreach (var frame in json.RootElement.EnumerateObject())
        {
            builder.Try(() =>
            {
                try
                {
                    if ((listed is null || listed.Contains(frame.Name)) && known.Add(frame.Name))
                    {
                        builder.Add(Clip(path, frame, split, cache, sizes, views));
                    }
                }
                catch (InvalidOperationException error)
                {
                    // Bytes that are no text show when a string is asked for.
                    throw new DataException(path, $"has labels that are no text: {error.Message} Get the set's labels again.", innerException: error);
                }
            });
        }
    }

    private static HashSet<string>? ReadList(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).Select(line => line.Trim()).ToHashSet(StringComparer.Ordinal) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            // A mark of byte order at the start is no JSON.
            byte[] bytes = File.ReadAllBytes(path);
            return JsonDocument.Parse(bytes.AsMemory(bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0));
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read as labels: {error.Message} Get the set's labels again.", innerException: error);
        }
    }

    private static AnnotatedClip Clip(string path, JsonProperty frame, DataSplit split, string cache, Dictionary<string, PixelSpacing> sizes, Dictionary<string, string> views)
    {
        string code = frame.Name.Split('.')[0];
        code = code.IndexOf("_(", StringComparison.Ordinal) is var copy and >= 0 ? code[..copy] : code;
        if (code.Length != FrameCode || code[VideoCode] != '-' || !code.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            throw new DataException(path, $"'{frame.Name}' is no code of a frame (2 digits, '-', 64 hexadecimal digits, '-', 4 digits). Correct or remove it.");
        }

        string video = code[..VideoCode];
        string picture = Path.Combine(cache, code[..2], code[3..5], code[5..7], $"{code}.png");
        if (!File.Exists(picture))
        {
            throw new DataException(path, $"'{frame.Name}': there is no {picture}. Get it again, or remove the labels.");
        }

        var spacing = sizes.GetValueOrDefault(video);
        return new AnnotatedClip
        {
            Name = code,
            Path = picture,
            Patient = video,
            Split = split,
            View = views.GetValueOrDefault($"{code}.png"),
            Spacing = spacing,
            Frames = [UnityLabels.Read(path, frame, spacing)],
            Source = $"{path}, '{frame.Name}'",
        };
    }

    // Size of a pixel in cm by video.
    private static Dictionary<string, PixelSpacing> Sizes(SetFolder listing, ClipSetBuilder builder)
    {
        var sizes = new Dictionary<string, PixelSpacing>(StringComparer.Ordinal);
        if (listing.Files.FirstOrDefault(path => Path.GetFileName(path).EndsWith("database_physical.csv", StringComparison.OrdinalIgnoreCase)) is not { } path)
        {
            return sizes;
        }

        var table = SetTable.Read(path, builder, "FileHash", "PhysicalDeltaX", "PhysicalDeltaY");
        foreach (var row in table.Rows)
        {
            builder.Try(() =>
            {
                if (table.Number(row, table.Column("PhysicalDeltaX")) is { } x && table.Number(row, table.Column("PhysicalDeltaY")) is { } y && x != 0 && y != 0)
                {
                    sizes[SetTable.Text(row, table.Column("FileHash"))] = new PixelSpacing(Math.Abs(x) * 10, Math.Abs(y) * 10);
                }
            });
        }

        return sizes;
    }

    private static Dictionary<string, string> Views(SetFolder listing, ClipSetBuilder builder)
    {
        var views = new Dictionary<string, string>(StringComparer.Ordinal);
        if (listing.Files.FirstOrDefault(path => Path.GetFileName(path).StartsWith("view_index", StringComparison.OrdinalIgnoreCase)) is { } path)
        {
            var table = SetTable.Read(path, builder, "file", "view");
            foreach (var row in table.Rows)
            {
                views[SetTable.Text(row, table.Column("file"))] = SetTable.Text(row, table.Column("view"));
            }
        }

        return views;
    }
}
