using System.Text.Json;
using EchoApex.Core.Arrays;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated;

/// <summary>Reads a set of phantoms (<c>echoapex phantom</c>) with all that is known of them.</summary>
public static class PhantomClipSet
{
    private static readonly string[] Structures = [.. Enum.GetValues<PhantomLabel>().Select(PhantomTruthWriter.Name)];

    /// <summary>Reads the set's manifest and truth files; masks are read when they are needed.</summary>
    /// <param name="folder">Folder of the set, with manifest.csv.</param>
    /// <param name="split">The split of every clip; null takes the one that the manifest names for each.</param>
    /// <exception cref="DataException">The folder holds no set, or none of its clips can be used.</exception>
    public static AnnotatedClipSet Read(string folder, DataSplit? split = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string manifest = Path.Combine(folder, "manifest.csv");
        var table = CsvTable.Read(manifest);
        string[] needed = ["name", "view", "split", "dicom", "avi", "truth", "masks"];
        if (needed.FirstOrDefault(column => table.IndexOf(column) < 0) is { } missing)
        {
            throw new DataException(manifest, $"has no column '{missing}': it is not the manifest of a phantom set.");
        }

        var clips = new List<AnnotatedClip>();
        var skipped = new List<SkippedClip>();
        foreach (var row in table.Rows)
        {
            try
            {
                clips.Add(Clip(folder, manifest, table, row, split));
            }
            catch (DataException error)
            {
                skipped.Add(new SkippedClip(error.File, error.Reason));
            }
        }

        return clips.Count > 0
            ? new AnnotatedClipSet { Name = "phantoms", Clips = clips, Structures = Structures, Skipped = skipped }
            : throw new DataException(manifest, $"names no clip that can be used{(skipped.Count > 0 ? $"; the first: {skipped[0].Path}: {skipped[0].Reason}" : ".")}");
    }

    private static AnnotatedClip Clip(string folder, string manifest, CsvTable table, CsvTable.Row row, DataSplit? split)
    {
        string Field(string column) => row.Fields[table.IndexOf(column)].Trim();
        string dicom = Field("dicom");
        string path = Path.Combine(folder, dicom.Length > 0 ? dicom : Field("avi"));
        if (!File.Exists(path))
        {
            throw new DataException(manifest, $"line {row.Line}: names '{path}', which does not exist. Make the set again.");
        }

        string source = $"{manifest}, line {row.Line}";
        var clip = new AnnotatedClip
        {
            Name = Field("name"),
            Path = path,
            Patient = Field("name"),
            Split = split ?? Split(manifest, row.Line, Field("split")),
            View = Field("view"),
            Source = source,
        };
        return Field("truth") is { Length: > 0 } truth ? WithTruth(clip, Path.Combine(folder, truth), Field("masks") is { Length: > 0 } masks ? Path.Combine(folder, masks) : null) : clip;
    }

    private static DataSplit Split(string manifest, int line, string name) => name switch
    {
        "train" => DataSplit.Train,
        "val" or "validation" => DataSplit.Validation,
        "test" => DataSplit.Test,
        _ => throw new DataException(manifest, $"line {line}: split is '{name}'; expected train, validation or test."),
    };

    private static AnnotatedClip WithTruth(AnnotatedClip clip, string path, string? masks)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            double spacing = root.GetProperty("spacing_mm").GetDouble();
            int height = root.GetProperty("height").GetInt32();
            int width = root.GetProperty("width").GetInt32();
            var landmarks = root.GetProperty("landmarks").EnumerateArray().Select(Landmarks).ToArray();
            return clip with
            {
                Spacing = new PixelSpacing(spacing, spacing),
                EjectionFraction = root.GetProperty("ejection_fraction_percent").GetDouble(),
                EndDiastolicVolumeMl = root.GetProperty("end_diastolic_volume_ml").GetDouble(),
                EndSystolicVolumeMl = root.GetProperty("end_systolic_volume_ml").GetDouble(),
                EndDiastolicFrame = root.GetProperty("end_diastolic_frame").GetInt32(),
                EndSystolicFrame = root.GetProperty("end_systolic_frame").GetInt32(),
                Frames = [.. landmarks.Select((points, frame) => new FrameAnnotation
                {
                    Frame = frame,
                    Landmarks = points,
                    LengthsMm = Lengths(points, spacing),
                    Mask = masks is null ? null : () => Mask(masks, frame, landmarks.Length, height, width),
                })],
            };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"is not the truth of a phantom: {error.Message} Make the set again.", innerException: error);
        }
    }

    private static Dictionary<string, ImagePoint> Landmarks(JsonElement points) =>
        points.EnumerateObject()
            .Where(point => point.Value.GetProperty("in_sector").GetBoolean())
            .ToDictionary(point => point.Name, point => new ImagePoint(point.Value.GetProperty("x").GetDouble(), point.Value.GetProperty("y").GetDouble()));

    // A landmark pair NAME_start, NAME_end is a length NAME.
    private static Dictionary<string, double> Lengths(Dictionary<string, ImagePoint> points, double spacing)
    {
        const string Start = "_start";
        var lengths = new Dictionary<string, double>();
        foreach (string start in points.Keys.Where(name => name.EndsWith(Start, StringComparison.Ordinal)))
        {
            string name = start[..^Start.Length];
            if (points.TryGetValue($"{name}_end", out var to))
            {
                var from = points[start];
                lengths[name] = spacing * Math.Sqrt(((to.X - from.X) * (to.X - from.X)) + ((to.Y - from.Y) * (to.Y - from.Y)));
            }
        }

        return lengths;
    }

    private static LabelMask Mask(string path, int frame, int frames, int height, int width)
    {
        var array = NumpyFile.Read<byte>(path);
        return array.Shape.SequenceEqual([frames, height, width])
            ? new LabelMask(array.Values.AsMemory(frame * height * width, height * width), height, width)
            : throw new DataException(path, $"has shape [{string.Join(", ", array.Shape)}]; its truth says [{frames}, {height}, {width}]. Make the set again.");
    }
}
