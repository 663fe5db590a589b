using System.Text.Json;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Charts;

/// <summary>
/// The metrics of a run, read from a metrics.jsonl file: one JSON object a line with a number "step". Numbers in nested
/// objects are named by their path with dots ("loss.dino"); null stands for a number that was not finite, other values are passed over.
/// </summary>
public sealed class MetricsFile
{
    private MetricsFile(string path, IReadOnlyList<LineSeries> series, int lines, int unreadable)
    {
        (Path, Series, LineCount, UnreadableLines) = (path, series, lines, unreadable);
    }

    /// <summary>The file that was read.</summary>
    public string Path { get; }

    /// <summary>One series a metric, over steps, in order of first appearance.</summary>
    public IReadOnlyList<LineSeries> Series { get; }

    /// <summary>Lines that were read.</summary>
    public int LineCount { get; }

    /// <summary>Lines that are no JSON object with a step: a run that was killed may leave one at its end.</summary>
    public int UnreadableLines { get; }

    /// <summary>Reads a metrics file.</summary>
    /// <param name="path">The file, or the run folder that holds metrics.jsonl. It may still be written to.</param>
    /// <exception cref="DataException">There is no such file, or no line of it can be read.</exception>
    public static MetricsFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? System.IO.Path.Combine(path, "metrics.jsonl") : path;
        if (!File.Exists(file))
        {
            throw new DataException(file, "the file does not exist. Name a run folder that holds metrics.jsonl, or such a file.");
        }

        var names = new List<string>();
        var values = new Dictionary<string, SortedDictionary<double, double>>(StringComparer.Ordinal);
        int lines = 0, unreadable = 0;
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (reader.ReadLine() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            lines++;
            unreadable += TryAdd(line, names, values) ? 0 : 1;
        }

        if (unreadable == lines)
        {
            throw new DataException(file, $"none of its {lines} lines is a JSON object with a number \"step\".");
        }

        return new MetricsFile(file, [.. names.Select(name => new LineSeries(name, [.. values[name].Keys], [.. values[name].Values]))], lines, unreadable);
    }

    private static bool TryAdd(string line, List<string> names, Dictionary<string, SortedDictionary<double, double>> values)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("step", out var step)
                || step.ValueKind != JsonValueKind.Number)
            {
                return false;
            }

            AddNumbers(document.RootElement, "", step.GetDouble(), names, values);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void AddNumbers(JsonElement element, string prefix, double step, List<string> names, Dictionary<string, SortedDictionary<double, double>> values)
    {
        foreach (var property in element.EnumerateObject())
        {
            string name = prefix + property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                AddNumbers(property.Value, name + ".", step, names, values);
            }
            else if (name != "step" && property.Value.ValueKind is JsonValueKind.Number or JsonValueKind.Null)
            {
                if (!values.TryGetValue(name, out var series))
                {
                    series = values[name] = [];
                    names.Add(name);
                }

                // A resumed run writes some steps again: what came last holds.
                series[step] = property.Value.ValueKind == JsonValueKind.Null ? double.NaN : property.Value.GetDouble();
            }
        }
    }
}
