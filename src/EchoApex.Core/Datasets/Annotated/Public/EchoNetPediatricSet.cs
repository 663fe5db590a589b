using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// Reads EchoNet-Pediatric (Stanford): apical four-chamber and parasternal short-axis videos of children with ejection fraction and
/// outlines of the left ventricle. Files: A4C/ and PSAX/, each with FileList.csv, VolumeTracings.csv, Videos/.
/// </summary>
/// <remarks>
/// Handled: the doubled folder of the archive; names with or without .avi; outlines as corners; the words "No Systolic" and "No
/// Diastolic" in place of a frame; ten folds: fold k tests, fold k + 1 (fold 0 after 9) validates, the others train; a patient
/// (the first part of a name patient-accession-instance) whose views are in different parts stays in the part that judges. Layout after
/// bryanhe/dynamic, branch pediatric.
/// </remarks>
public static class EchoNetPediatricSet
{
    internal const string Name = "EchoNet-Pediatric";
    internal const int Folds = 10;
    private static readonly string[] Views = ["A4C", "PSAX"];

    /// <summary>Reads the set's tables.</summary>
    /// <param name="folder">The folder into which the set was unpacked, or one above it.</param>
    /// <param name="testFold">The fold that tests, 0 to 9.</param>
    /// <param name="view">"A4C" or "PSAX" for one view only; null reads what there is.</param>
    /// <exception cref="DataException">There is no such set, a table is not what it should be, or no clip can be used.</exception>
    public static AnnotatedClipSet Read(string folder, int testFold = 0, string? view = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfNegative(testFold);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(testFold, Folds);
        var lists = Lists(SetFolder.List(folder)).Where(list => view is null || ViewOf(list).Equals(view, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (lists.Length == 0)
        {
            throw new DataException(folder, $"holds no EchoNet-Pediatric{(view is null ? "" : $" of view '{view}'")}: there is no FileList.csv in a folder A4C or PSAX. Name the folder that holds these two.");
        }

        var builder = new ClipSetBuilder(Name, folder);
        builder.Note($"Fold {testFold} tests, fold {(testFold + 1) % Folds} validates, the others train.");
        foreach (string list in lists)
        {
            ReadView(list, testFold, builder);
        }

        return builder.Build(Outline.Structures);
    }

    /// <summary>The lists of this set among the files of a folder.</summary>
    internal static IEnumerable<string> Lists(SetFolder folder) =>
        folder.Named("FileList.csv").Where(path => Views.Contains(ViewOf(path)) && !SetFolder.Header(path).Contains("ESV", StringComparer.OrdinalIgnoreCase));

    private static string ViewOf(string list) => Path.GetFileName(Path.GetDirectoryName(list)!).ToUpperInvariant();

    private static void ReadView(string list, int testFold, ClipSetBuilder builder)
    {
        string root = Path.GetDirectoryName(list)!;
        var table = SetTable.Read(list, builder, "FileName", "EF", "Split");
        var videos = FileIndex.List([Path.Combine(root, "Videos")], ".avi", ".mp4");
        var outlines = EchoNetDynamicSet.ReadOutlines(Path.Combine(root, "VolumeTracings.csv"), builder, OutlineTable.ReadCorners);
        foreach (var row in table.Rows)
        {
            builder.Try(() => builder.Add(Clip(table, row, videos, outlines, ViewOf(list), testFold)));
        }
    }

    private static AnnotatedClip Clip(SetTable table, CsvTable.Row row, FileIndex videos, Dictionary<string, List<Outline>> outlines, string view, int testFold)
    {
        string name = FileIndex.Stem(SetTable.Text(row, table.Column("FileName")));
        string[] parts = name.Split('-');
        int split = table.Column("Split");
        int fold = table.Frame(row, split) is var number and < Folds ? number : throw table.Wrong(row, split, "a fold, 0 to 9");
        var clip = new AnnotatedClip
        {
            Name = $"{view}/{name}",
            Path = EchoNetDynamicSet.Video(table, row, videos, name, $"{view}/Videos"),
            Patient = parts.Length >= 3 ? parts[0] : name,
            Split = fold == testFold ? DataSplit.Test : fold == (testFold + 1) % Folds ? DataSplit.Validation : DataSplit.Train,
            View = view,
            EjectionFraction = EchoNetDynamicSet.Percent(table, row, table.Column("EF")),
            Source = table.Source(row),
        };
        return Outline.AddTo(clip, outlines.GetValueOrDefault(name) ?? []);
    }
}
