using System.Globalization;
using System.Text;
using System.Text.Json;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Appends metrics to a file of one JSON object a line, each with its "step". A line is on disk when <see cref="Write"/>
/// returns. Values that are not finite become null.
/// </summary>
public sealed class MetricsWriter : IDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>Opens the file for appending and drops the lines after a step, and a last line that was cut short.</summary>
    /// <param name="path">The file, made when missing.</param>
    /// <param name="lastStep">The last step to keep: the one that the run resumes after; 0 keeps nothing.</param>
    public MetricsWriter(string path, long lastStep)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            Truncate(path, lastStep);
        }

        _writer = new StreamWriter(path, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Appends a line.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="values">Values by name.</param>
    public void Write(long step, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var line = new StringBuilder(256).Append(CultureInfo.InvariantCulture, $"{{\"step\":{step}");
        foreach (var (name, value) in values)
        {
            line.Append(',').Append(JsonSerializer.Serialize(name)).Append(':')
                .Append(double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "null");
        }

        _writer.WriteLine(line.Append('}'));
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static void Truncate(string path, long lastStep)
    {
        string[] kept = [.. File.ReadLines(path).TakeWhile(line => StepOf(line) is { } step && step <= lastStep)];
        Core.Runtime.AtomicOutput.WriteText(path, string.Concat(kept.Select(line => line + "\n")));
    }

    private static long? StepOf(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
