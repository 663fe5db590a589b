using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets;

/// <summary>
/// Clips with labels, from a CSV file with a header: columns path and label, optionally masks and patient; paths are
/// relative to the file. The manifest.csv of a phantom set is such a list as it is: dicom (or avi), view, masks. Immutable.
/// </summary>
public sealed class LabelledClipList
{
    private LabelledClipList(string source, IReadOnlyList<LabelledClip> clips, IReadOnlyList<string>? maskNames)
    {
        (Source, Clips, MaskNames) = (source, clips, maskNames);
        LabelNames = [.. clips.Select(clip => clip.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The file, or what the list was called.</summary>
    public string Source { get; }

    /// <summary>The clips, in the order of the list; at least one.</summary>
    public IReadOnlyList<LabelledClip> Clips { get; }

    /// <summary>The labels that occur, in ordinal order.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Names of the values of masks, where they are known: the structures of phantoms.</summary>
    public IReadOnlyList<string>? MaskNames { get; }

    /// <summary>Whether every clip has masks.</summary>
    public bool HasMasks => Clips.All(clip => clip.Masks is not null);

    /// <summary>Makes a list of clips that are at hand.</summary>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="clips">The clips.</param>
    /// <param name="maskNames">Names of the values of masks.</param>
    /// <exception cref="DataException">There is no clip.</exception>
    public static LabelledClipList Create(string source, IReadOnlyList<LabelledClip> clips, IReadOnlyList<string>? maskNames = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(clips);
        return clips.Count > 0
            ? new LabelledClipList(source, [.. clips], maskNames)
            : throw new DataException(source, "names no clip.");
    }

    /// <summary>Reads a list.</summary>
    /// <param name="path">CSV file.</param>
    /// <param name="columns">What its columns are called; null for the usual names.</param>
    /// <exception cref="DataException">The file is no such list, or names a file that does not exist; the message has the line.</exception>
    public static LabelledClipList Read(string path, LabelledClipColumns? columns = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // Callers without columns of their own have no options to name them by.
        bool named = columns is not null;
        columns ??= new LabelledClipColumns();
        var table = CsvTable.Read(path);
        bool isPhantoms = new[] { "dicom", "avi", "view", "masks" }.All(table.Columns.Contains) && table.IndexOf("path") < 0;
        int[] paths = columns.Path is null && isPhantoms ? [table.IndexOf("dicom"), table.IndexOf("avi")] : [Require(table, columns.Path ?? "path", named ? "--path-column" : null)];
        int label = columns.Label is null && isPhantoms ? table.IndexOf("view") : Require(table, columns.Label ?? "label", named ? "--label-column" : null);
        int masks = columns.Masks is { } masksColumn ? Require(table, masksColumn, "--masks-column") : table.IndexOf("masks");
        int group = columns.Group is { } patient ? Require(table, patient, "--group-column") : table.IndexOf("patient");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var clips = table.Rows.Select(row =>
        {
            string file = Existing(path, folder, row, paths.Select(index => row.Fields[index].Trim()).FirstOrDefault(name => name.Length > 0) ?? "", "clip");
            string name = row.Fields[label].Trim();
            return new LabelledClip(
                file,
                name.Length > 0 ? name : throw new DataException(path, $"line {row.Line}: has no label. Give it one or remove the line."),
                group < 0 || row.Fields[group].Trim().Length == 0 ? file : row.Fields[group].Trim(),
                masks < 0 || row.Fields[masks].Trim().Length == 0 ? null : Existing(path, folder, row, row.Fields[masks].Trim(), "masks"),
                row.Line);
        });
        return Create(path, [.. clips], isPhantoms && columns.Masks is null ? Enum.GetNames<PhantomLabel>() : null);
    }

    /// <summary>The label of each clip as an index into names.</summary>
    /// <param name="labelNames">Known labels, for instance those of the training list.</param>
    /// <exception cref="DataException">A clip has a label that is not among them; the message has the line.</exception>
    public IReadOnlyList<int> LabelIndices(IReadOnlyList<string> labelNames)
    {
        ArgumentNullException.ThrowIfNull(labelNames);
        string[] names = [.. labelNames];
        return [.. Clips.Select(clip => Array.IndexOf(names, clip.Label) is var index and >= 0
            ? index
            : throw new DataException(Source, $"line {clip.Line}: the label '{clip.Label}' does not occur among the training clips ({string.Join(", ", names)}). Correct it, or add such clips to the training list."))];
    }

    /// <summary>Refuses a list that shares a clip or a patient with this one: a probe would be judged on what it was fitted to.</summary>
    /// <exception cref="DataException">They share one; the message has the line.</exception>
    public void RequireDisjoint(LabelledClipList other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var known = Clips.Select(clip => clip.Group).Concat(Clips.Select(clip => clip.Path)).ToHashSet(StringComparer.Ordinal);
        if (other.Clips.FirstOrDefault(clip => known.Contains(clip.Group) || known.Contains(clip.Path)) is { } shared)
        {
            string what = known.Contains(shared.Path) ? $"the clip {shared.Path}" : $"the patient {shared.Group}";
            throw new DataException(other.Source, $"line {shared.Line}: {what} is in {Source} too. Clips that fit a probe, choose its settings or judge it must be of different patients.");
        }
    }

    private static int Require(CsvTable table, string column, string? option) => table.IndexOf(column) is var index and >= 0
        ? index
        : throw new DataException(table.FilePath, $"line 1: has no column '{column}', only {string.Join(", ", table.Columns)}. {(option is null ? "Rename the right one" : $"Name the right one with {option}")}, or add it.");

    private static string Existing(string list, string folder, CsvTable.Row row, string name, string what)
    {
        if (name.Length == 0)
        {
            throw new DataException(list, $"line {row.Line}: names no {what}. Name the file or remove the line.");
        }

        string full = Path.GetFullPath(Path.Combine(folder, name));
        return File.Exists(full) || Directory.Exists(full)
            ? full
            : throw new DataException(list, $"line {row.Line}: the {what} '{name}' does not exist. Paths are relative to the folder of the list, {folder}.");
    }
}
