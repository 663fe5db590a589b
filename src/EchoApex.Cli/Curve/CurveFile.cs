using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Curve;

/// <summary>curve.csv: the rows of a learning curve.</summary>
internal static class CurveFile
{
    /// <summary>Its rows; none when there is no file yet.</summary>
    /// <exception cref="DataException">A line is no row.</exception>
    public static IReadOnlyList<CurveRow> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        string[] lines = File.ReadAllLines(path);
        return lines.Length > 0 && lines[0] == CurveRow.Header
            ? [.. lines.Select((text, index) => (Text: text, Line: index + 1)).Skip(1).Where(entry => entry.Text.Length > 0).Select(entry => CurveRow.Parse(path, entry.Line, entry.Text))]
            : throw new DataException(path, $"line 1: is not the header '{CurveRow.Header}'. Choose another --out, or rename the file.");
    }

    /// <summary>Adds rows, each in the place of an earlier one of its key, and returns all.</summary>
    public static IReadOnlyList<CurveRow> Add(string path, IEnumerable<CurveRow> rows)
    {
        var all = Read(path).ToList();
        foreach (var row in rows)
        {
            int place = all.FindIndex(earlier => earlier.Key == row.Key);
            if (place < 0)
            {
                all.Add(row);
            }
            else
            {
                all[place] = row;
            }
        }

        AtomicOutput.WriteText(path, string.Concat(all.Select(row => row.ToCsv()).Prepend(CurveRow.Header).Select(line => line + "\n")));
        return all;
    }
}
