using System.Globalization;
using System.Text;
using System.Text.Json;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Cli.FineTuning;

/// <summary>An evaluation as a table for people, as JSON and CSV for programs, and its pictures.</summary>
internal static class EvaluationReport
{
    private const int PictureSide = 900;

    /// <summary>The figures as a Markdown table.</summary>
    public static string Table(TaskEvaluation evaluation)
    {
        var text = new StringBuilder("| figure | value | 95 % interval | cases |\n|---|---|---|---|\n");
        foreach (var metric in evaluation.Metrics)
        {
            string interval = double.IsNaN(metric.Low) ? "-" : string.Create(CultureInfo.InvariantCulture, $"{metric.Low:0.000} to {metric.High:0.000}");
            text.Append(CultureInfo.InvariantCulture, $"| {metric.Name} | {metric.Value:0.000} | {interval} | {metric.Cases} |\n");
        }

        return text.ToString();
    }

    /// <summary>Writes evaluation.json, cases.csv and a PNG for each picture.</summary>
    /// <param name="folder">Made when missing; files of an earlier evaluation are replaced.</param>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="context">What was judged on what, as names and values.</param>
    /// <returns>The files.</returns>
    public static IReadOnlyList<string> Write(string folder, TaskEvaluation evaluation, IReadOnlyDictionary<string, string> context)
    {
        Directory.CreateDirectory(folder);
        var files = new List<string> { Path.Combine(folder, "evaluation.json"), Path.Combine(folder, "cases.csv") };
        AtomicOutput.WriteFile(files[0], stream => WriteJson(stream, evaluation, context));
        AtomicOutput.WriteText(files[1], Csv(evaluation));
        foreach (var (name, chart) in evaluation.Charts)
        {
            string file = Path.Combine(folder, $"{name}.png");
            chart.Render(PictureSide, PictureSide).Save(file);
            files.Add(file);
        }

        return files;
    }

    private static void WriteJson(Stream stream, TaskEvaluation evaluation, IReadOnlyDictionary<string, string> context)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        foreach (var (key, value) in context)
        {
            json.WriteString(key, value);
        }

        json.WriteStartObject("metrics");
        foreach (var metric in evaluation.Metrics)
        {
            json.WriteStartObject(metric.Name);
            Number(json, "value", metric.Value);
            Number(json, "low", metric.Low);
            Number(json, "high", metric.High);
            json.WriteNumber("cases", metric.Cases);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("skipped");
        foreach (var clip in evaluation.Skipped)
        {
            json.WriteStartObject();
            json.WriteString("path", clip.Path);
            json.WriteString("reason", clip.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Csv(TaskEvaluation evaluation)
    {
        var text = new StringBuilder();
        foreach (var row in evaluation.Cases.Prepend(evaluation.CaseColumns))
        {
            text.AppendJoin(',', row.Select(Quoted)).Append('\n');
        }

        return text.ToString();
    }

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
