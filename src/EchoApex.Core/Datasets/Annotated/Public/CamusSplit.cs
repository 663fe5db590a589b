using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Which part of CAMUS a patient belongs to.</summary>
internal sealed class CamusSplit
{
    private static readonly (string Word, DataSplit Split)[] Parts =
    [
        ("training", DataSplit.Train), ("validation", DataSplit.Validation), ("testing", DataSplit.Test),
    ];

    private readonly Dictionary<string, DataSplit>? _listed;

    private CamusSplit(Dictionary<string, DataSplit>? listed) => _listed = listed;

    /// <summary>Reads the lists: one patient a line.</summary>
    /// <exception cref="DataException">There are numbered lists, but none of this number, or a patient is in two.</exception>
    public static CamusSplit Read(SetFolder folder, int fold, ClipSetBuilder builder)
    {
        string[] lists = [.. folder.Files.Where(path => Path.GetFileName(path).StartsWith("subgroup", StringComparison.OrdinalIgnoreCase) && Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase))];
        if (lists.Length == 0)
        {
            builder.Note("There are no lists of patients: 1 to 400 train, 401 to 450 validate, 451 to 500 and those of the testing folder test.");
            return new CamusSplit(null);
        }

        bool isNumbered = !lists.Any(path => Path.GetFileName(path).StartsWith("subgroup_", StringComparison.OrdinalIgnoreCase));
        string start = isNumbered ? string.Create(CultureInfo.InvariantCulture, $"subGroup{fold}_") : "subgroup_";
        var listed = new Dictionary<string, DataSplit>(StringComparer.Ordinal);
        int found = 0;
        foreach (var (word, part) in Parts)
        {
            foreach (string path in lists.Where(path => Path.GetFileNameWithoutExtension(path).Equals(start + word, StringComparison.OrdinalIgnoreCase)))
            {
                found++;
                Add(path, part, listed);
            }
        }

        if (found == 0)
        {
            throw new DataException(Path.GetDirectoryName(lists[0])!, $"holds lists of patients, but none called {start}training.txt, {start}validation.txt or {start}testing.txt. Choose a fold that is there, or remove the lists to use the default parts.");
        }

        builder.Note($"The lists {start}*.txt in {Path.GetDirectoryName(lists[0])} say which part a patient belongs to.");
        return new CamusSplit(listed);
    }

    /// <summary>The part of a patient's folder.</summary>
    /// <exception cref="DataException">Nothing says which.</exception>
    public DataSplit Of(string patient)
    {
        string name = Path.GetFileName(patient);

        // The older release counts its 50 patients without masks from 1 again, and its lists do not speak of them.
        if (IsTesting(patient))
        {
            return DataSplit.Test;
        }

        if (_listed is not null)
        {
            return _listed.TryGetValue(name, out var split) ? split : throw new DataException(patient, $"'{name}' is in none of the set's lists of patients; it is left out. Add it to one of them.");
        }

        return int.Parse(name.AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture) switch
        {
            >= 1 and <= 400 => DataSplit.Train,
            > 400 and <= 450 => DataSplit.Validation,
            > 450 and <= 500 => DataSplit.Test,
            _ => throw new DataException(patient, "CAMUS has patients 1 to 500; there is no default part for others. Write lists (database_split/subgroup_training.txt and so on, one patient a line)."),
        };
    }

    /// <summary>Whether a patient's folder is one of the older release's testing folder.</summary>
    public static bool IsTesting(string patient) => Path.GetFileName(Path.GetDirectoryName(patient))!.Equals("testing", StringComparison.OrdinalIgnoreCase);

    private static void Add(string path, DataSplit part, Dictionary<string, DataSplit> listed)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }

        for (int i = 0; i < lines.Length; i++)
        {
            string name = lines[i].Trim();
            if (name.Length > 0 && !listed.TryAdd(name, part) && listed[name] != part)
            {
                throw new DataException(path, $"line {i + 1}: the patient '{name}' is in two of the lists. Remove it from one.");
            }
        }
    }
}
