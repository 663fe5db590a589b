using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>A table of a public set: columns by name whatever their case, numbers checked, errors with their line.</summary>
internal sealed class SetTable
{
    private readonly CsvTable _table;

    private SetTable(CsvTable table) => _table = table;

    public string Path => _table.FilePath;

    public IReadOnlyList<CsvTable.Row> Rows => _table.Rows;

    /// <summary>Reads a table; rows with too many or too few fields are skipped.</summary>
    /// <exception cref="DataException">The file cannot be read, or a column that is needed is missing.</exception>
    public static SetTable Read(string path, ClipSetBuilder builder, params ReadOnlySpan<string> required)
    {
        var uneven = new List<CsvTable.Row>();
        var table = new SetTable(CsvTable.Read(path, uneven.Add));
        int columns = table._table.Columns.Count;
        foreach (var row in uneven)
        {
            builder.Skip(path, $"line {row.Line}: has {row.Fields.Length} fields, the header has {columns}. Correct or remove the line.");
        }

        foreach (string name in required)
        {
            if (table.Column(name) < 0)
            {
                throw new DataException(path, $"line 1: has no column '{name}', only {string.Join(", ", table._table.Columns)}. Get the set's own file again.");
            }
        }

        return table;
    }

    /// <summary>The place of a column; -1 for none.</summary>
    public int Column(string name)
    {
        for (int i = 0; i < _table.Columns.Count; i++)
        {
            if (_table.Columns[i].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    public string Source(CsvTable.Row row) => $"{Path}, line {row.Line}";

    /// <summary>A field without blanks around it; empty for a column that is not there.</summary>
    public static string Text(CsvTable.Row row, int column) => column < 0 ? "" : row.Fields[column].Trim();

    /// <summary>A number; null for an empty field or "nan".</summary>
    /// <exception cref="DataException">The field is something else.</exception>
    public double? Number(CsvTable.Row row, int column)
    {
        if (column < 0)
        {
            return null;
        }

        var text = row.Fields[column].AsSpan().Trim();
        if (text.IsEmpty || text.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw Wrong(row, column, "a number");
    }

    /// <summary>A number that must be there.</summary>
    public double Require(CsvTable.Row row, int column) => Number(row, column) ?? throw Wrong(row, column, "a number");

    /// <summary>A frame counted from 0; "46.0" is one too.</summary>
    public int Frame(CsvTable.Row row, int column)
    {
        double value = Require(row, column);
        return value is >= 0 and < int.MaxValue && value == Math.Floor(value) ? (int)value : throw Wrong(row, column, "a frame, from 0");
    }

    /// <summary>The split that a word names.</summary>
    public DataSplit Split(CsvTable.Row row, int column) => Text(row, column).ToUpperInvariant() switch
    {
        "TRAIN" => DataSplit.Train,
        "VAL" or "VALIDATION" => DataSplit.Validation,
        "TEST" => DataSplit.Test,
        _ => throw Wrong(row, column, "train, val or test"),
    };

    public DataException Wrong(CsvTable.Row row, int column, string expected) =>
        Error(row, $"{_table.Columns[column]} is '{Text(row, column)}', expected {expected}. Correct or remove the line.");

    public DataException Error(CsvTable.Row row, string reason) => new(Path, $"line {row.Line}: {reason}");
}
