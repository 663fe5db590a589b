using System.Text;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets;

/// <summary>A text table with a header: fields separated by commas, quoted where they hold commas, quotes or line ends (RFC 4180).</summary>
internal sealed class CsvTable
{
    private readonly string[] _columns;

    private CsvTable(string path, string[] columns, List<Row> rows) => (FilePath, _columns, Rows) = (path, columns, rows);

    public string FilePath { get; }

    public IReadOnlyList<string> Columns => _columns;

    public IReadOnlyList<Row> Rows { get; }

    /// <summary>Reads a table; blank lines are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="leaveOut">Told of rows with another number of fields than the header, which are left out; null makes them an error.</param>
    /// <exception cref="DataException">The file is missing or empty, a column has two names, a row has another number of fields, or a quote is not closed.</exception>
    public static CsvTable Read(string path, Action<Row>? leaveOut = null)
    {
        var rows = Parse(path, Text(path));
        if (rows.Count == 0)
        {
            throw new DataException(path, "is empty; its first line must name the columns, such as 'path,label'.");
        }

        string[] columns = [.. rows[0].Fields.Select(name => name.Trim())];
        if (columns.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new DataException(path, $"line {rows[0].Line}: names the column '{twice.Key}' twice. Rename one.");
        }

        rows.RemoveAt(0);
        if (leaveOut is not null)
        {
            rows.Where(row => row.Fields.Length != columns.Length).ToList().ForEach(leaveOut);
            rows.RemoveAll(row => row.Fields.Length != columns.Length);
        }

        return rows.Find(row => row.Fields.Length != columns.Length) is { } uneven
            ? throw new DataException(path, $"line {uneven.Line}: has {uneven.Fields.Length} fields, the header has {columns.Length}. Put a field that holds a comma into double quotes.")
            : new CsvTable(path, columns, rows);
    }

    /// <summary>The place of a column; -1 when there is none of that name.</summary>
    public int IndexOf(string column) => Array.IndexOf(_columns, column);

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }

    private static List<Row> Parse(string path, string text)
    {
        var rows = new List<Row>();
        var fields = new List<string>();
        var field = new StringBuilder();
        int line = 1, first = 1, opened = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            line += letter == '\n' ? 1 : 0;
            if (quoted)
            {
                bool isDouble = letter == '"' && i + 1 < text.Length && text[i + 1] == '"';
                quoted = letter != '"' || isDouble;
                i += isDouble ? 1 : 0;
                if (quoted)
                {
                    field.Append(letter);
                }
            }
            else if (letter == '"' && field.Length == 0)
            {
                (quoted, opened) = (true, line);
            }
            else if (letter == ',')
            {
                fields.Add(Take(field));
            }
            else if (letter == '\n')
            {
                EndRow(first);
                first = line;
            }
            else if (letter != '\r')
            {
                field.Append(letter);
            }
        }

        if (quoted)
        {
            throw new DataException(path, $"line {opened}: a double quote is opened and never closed. Close it, or write it twice where it belongs to the text.");
        }

        EndRow(first);
        return rows;

        void EndRow(int number)
        {
            fields.Add(Take(field));
            if (fields.Count > 1 || fields[0].Length > 0)
            {
                rows.Add(new Row(number, [.. fields]));
            }

            fields.Clear();
        }
    }

    private static string Take(StringBuilder field)
    {
        string text = field.ToString();
        field.Clear();
        return text;
    }

    /// <summary>One row.</summary>
    /// <param name="Line">Line of the file on which it begins, from 1.</param>
    /// <param name="Fields">As many fields as there are columns.</param>
    internal sealed record Row(int Line, string[] Fields);
}
