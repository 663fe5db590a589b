using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// Reads EchoNet-Dynamic (Stanford): apical four-chamber videos with ejection fraction, volumes and outlines of the left ventricle at
/// end diastole and end systole. Files: FileList.csv, VolumeTracings.csv, Videos/.
/// </summary>
/// <remarks>
/// Handled: names with or without .avi; sizes from the videos, not from FrameHeight and FrameWidth, which are wrong in some rows;
/// end diastole and end systole by area; videos without tracings keep their ejection fraction. Frames count from 0. Videos are not
/// opened until a clip is used. Layout after echonet/dynamic, echonet/datasets/echo.py.
/// </remarks>
public static class EchoNetDynamicSet
{
    internal const string Name = "EchoNet-Dynamic";

    /// <summary>Reads the set's tables.</summary>
    /// <param name="folder">The folder into which the set was unpacked, or one above it.</param>
    /// <exception cref="DataException">There is no such set, a table is not what it should be, or no clip can be used.</exception>
    public static AnnotatedClipSet Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string list = Lists(SetFolder.List(folder)).FirstOrDefault()
            ?? throw new DataException(folder, "holds no EchoNet-Dynamic: there is no FileList.csv with the columns EF, ESV and EDV. Name the folder that holds FileList.csv, VolumeTracings.csv and Videos.");
        string root = Path.GetDirectoryName(list)!;
        var builder = new ClipSetBuilder(Name, list);
        var table = SetTable.Read(list, builder, "FileName", "EF", "Split");
        var videos = FileIndex.List([Path.Combine(root, "Videos")], ".avi", ".mp4");
        var outlines = ReadOutlines(Path.Combine(root, "VolumeTracings.csv"), builder, OutlineTable.ReadChords);
        foreach (var row in table.Rows)
        {
            builder.Try(() => builder.Add(Clip(table, row, videos, outlines)));
        }

        builder.Count(builder.Clips.Count(clip => clip.EndSystolicFrame is null), "clips have no outlines of two frames: they keep their ejection fraction, but have no frames of end diastole and end systole.");
        return builder.Build(Outline.Structures);
    }

    /// <summary>The lists of this set among the files of a folder.</summary>
    internal static IEnumerable<string> Lists(SetFolder folder) =>
        folder.Named("FileList.csv").Where(path => SetFolder.Header(path).Contains("ESV", StringComparer.OrdinalIgnoreCase));

    /// <summary>Outlines where there are any; a set without the table keeps its ejection fractions.</summary>
    internal static Dictionary<string, List<Outline>> ReadOutlines(string path, ClipSetBuilder builder, Func<string, ClipSetBuilder, Dictionary<string, List<Outline>>> read)
    {
        if (File.Exists(path))
        {
            return read(path, builder);
        }

        builder.Note($"There is no {path}: the clips have no masks.");
        return [];
    }

    /// <summary>The one video of a name.</summary>
    internal static string Video(SetTable table, CsvTable.Row row, FileIndex videos, string name, string where) => videos.Find(name) switch
    {
        { Count: 1 } paths => paths[0],
        { Count: 0 } => throw table.Error(row, $"there is no video '{name}' in {where}. Get it again, or remove the line."),
        var paths => throw table.Error(row, $"there are {paths.Count} videos '{name}': {string.Join(", ", paths)}. Keep one."),
    };

    private static AnnotatedClip Clip(SetTable table, CsvTable.Row row, FileIndex videos, Dictionary<string, List<Outline>> outlines)
    {
        string name = FileIndex.Stem(SetTable.Text(row, table.Column("FileName")));
        var clip = new AnnotatedClip
        {
            Name = name,
            Path = Video(table, row, videos, name, "Videos"),
            Patient = name,
            Split = table.Split(row, table.Column("Split")),
            View = "A4C",
            EjectionFraction = Percent(table, row, table.Column("EF")),
            EndSystolicVolumeMl = table.Number(row, table.Column("ESV")),
            EndDiastolicVolumeMl = table.Number(row, table.Column("EDV")),
            Source = table.Source(row),
        };
        return Outline.AddTo(clip, outlines.GetValueOrDefault(name) ?? []);
    }

    /// <summary>An ejection fraction in percent.</summary>
    internal static double Percent(SetTable table, CsvTable.Row row, int column) =>
        table.Require(row, column) is var value and > 0 and < 100 ? value : throw table.Wrong(row, column, "an ejection fraction in percent, above 0 and below 100");
}
