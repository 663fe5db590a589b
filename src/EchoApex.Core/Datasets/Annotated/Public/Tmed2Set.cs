using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// Reads TMED-2 (Tufts): single pictures of 112 x 112 pixels with their view (PLAX, PSAX, A4C, A2C, A4CorA2CorOther). Files: split tables
/// DEV479/TMED2_fold0_labeledpart.csv and so on, pictures below.
/// </summary>
/// <remarks>
/// Handled: the part is the one of the view classifier (view_classifier_split), rows that are no part of it are passed over; SourceFolder
/// below the set's folder or approved_users_only, or the picture found by name; the patient is the number before "s" in 4860s1_0.png.
/// Diagnoses are not read. Layout after tufts-ml/SAMIL and BioMedIA-MBZUAI/CardioBench.
/// </remarks>
public static class Tmed2Set
{
    internal const string Name = "TMED-2";
    private const string Ending = "_labeledpart.csv";

    /// <summary>Reads a split table.</summary>
    /// <param name="folder">The folder into which the set was unpacked, or one above it.</param>
    /// <param name="fold">0, 1 or 2.</param>
    /// <param name="labelledSet">"DEV479", "DEV165" or "DEV56": how many patients train and validate. Not asked for where there is one table a fold.</param>
    /// <exception cref="DataException">There is no such set or table, or no picture can be used.</exception>
    public static AnnotatedClipSet Read(string folder, int fold = 0, string labelledSet = "DEV479")
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(labelledSet);
        var listing = SetFolder.List(folder);
        string path = Table(listing, fold, labelledSet);
        var builder = new ClipSetBuilder(Name, path);
        builder.Note($"The column view_classifier_split of {path} says which part a picture belongs to.");
        var table = SetTable.Read(path, builder, "query_key", "view_label", "view_classifier_split");
        var pictures = FileIndex.List([folder], ".png");
        int others = 0;
        foreach (var row in table.Rows)
        {
            if (SetTable.Text(row, table.Column("view_classifier_split")).ToUpperInvariant() is "" or "UNLABELED" or "UNLABELLED" or "NOT_PROVIDED" or "NAN" or "NONE")
            {
                others++;
                continue;
            }

            builder.Try(() => builder.Add(Clip(table, row, pictures)));
        }

        builder.Count(others, "rows are in no part of the view classifier and were passed over.");
        return builder.Build([]);
    }

    /// <summary>The split tables among the files of a folder.</summary>
    internal static IEnumerable<string> Tables(SetFolder folder) =>
        folder.Files.Where(path => Path.GetFileName(path).StartsWith("TMED2_fold", StringComparison.OrdinalIgnoreCase) && path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase));

    private static string Table(SetFolder listing, int fold, string labelledSet)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"TMED2_fold{fold}{Ending}");
        string[] tables = [.. listing.Named(name)];
        string[] chosen = tables.Length == 1 ? tables : [.. tables.Where(path => Path.GetFileName(Path.GetDirectoryName(path)!).Equals(labelledSet, StringComparison.OrdinalIgnoreCase))];
        return chosen.Length > 0
            ? chosen[0]
            : throw new DataException(listing.Root, tables.Length == 0
                ? $"holds no TMED-2 of fold {fold}: there is no {name} below it. The split tables are an own download of the set; put them into this folder."
                : $"holds no {name} in a folder '{labelledSet}', only {string.Join(", ", tables)}. Name one of their folders.");
    }

    private static AnnotatedClip Clip(SetTable table, CsvTable.Row row, FileIndex pictures)
    {
        string key = FileIndex.Stem(SetTable.Text(row, table.Column("query_key")));
        int end = key.IndexOf('s', StringComparison.Ordinal);
        string view = SetTable.Text(row, table.Column("view_label"));
        return new AnnotatedClip
        {
            Name = key,
            Path = Picture(table, row, pictures, key),
            Patient = end > 0 ? key[..end] : throw table.Error(row, $"query_key is '{key}'; expected patient, 's', study, '_', number, such as 4860s1_0.png. Correct or remove the line."),
            Split = table.Split(row, table.Column("view_classifier_split")),
            View = view.Length > 0 ? view : throw table.Error(row, "has no view_label. Correct or remove the line."),
            Source = table.Source(row),
        };
    }

    private static string Picture(SetTable table, CsvTable.Row row, FileIndex pictures, string key)
    {
        var found = pictures.Find(key);
        string folder = SetTable.Text(row, table.Column("SourceFolder")).Trim('/', '\\');
        string[] named = folder.Length == 0 ? [] : [.. found.Where(path => $"/{Path.GetDirectoryName(path)!.Replace('\\', '/')}/".Contains($"/{folder.Replace('\\', '/')}/", StringComparison.OrdinalIgnoreCase))];
        return (named.Length > 0 ? named : found) switch
        {
            { Count: 1 } one => one[0],
            { Count: 0 } => throw table.Error(row, $"there is no picture '{key}.png' below the set's folder (SourceFolder '{folder}'). Get it again, or remove the line."),
            var several => throw table.Error(row, $"there are {several.Count} pictures '{key}.png': {string.Join(", ", several)}. Keep the one that SourceFolder '{folder}' means."),
        };
    }
}
