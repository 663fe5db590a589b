using System.Globalization;
using System.Text;
using System.Text.Json;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>Writes manifest.csv, quarantine.csv and report.json: the same bytes for the same audits.</summary>
internal static class IngestTables
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void Write(string folder, IReadOnlyList<ClipAudit> clips, int passedOver)
    {
        var rows = clips.Where(clip => clip.Decision == IngestDecision.Stored).Select(ManifestRow.Of).ToList();
        WriteCsv(Path.Combine(folder, "manifest.csv"), ManifestRow.Columns, rows.Select(row => row.Fields));
        WriteCsv(
            Path.Combine(folder, "quarantine.csv"),
            ["clip", "decision", "class", "confidence", "reason", "doubts"],
            clips.Where(clip => clip.Decision is IngestDecision.Quarantined or IngestDecision.Failed)
                .Select(clip => new object?[] { clip.Key, clip.Decision, clip.Class, clip.Confidence, clip.Reason, string.Join("; ", clip.Doubts ?? []) }));
        var report = new IngestReport(clips, passedOver, 0, default, default, 0);
        AtomicOutput.WriteText(Path.Combine(folder, "report.json"), JsonSerializer.Serialize(
            new
            {
                Clips = clips.Count,
                PassedOver = passedOver,
                Stored = report.Count(IngestDecision.Stored),
                Quarantined = report.Count(IngestDecision.Quarantined),
                Excluded = report.Count(IngestDecision.Excluded),
                Failed = report.Count(IngestDecision.Failed),
                Frames = clips.Sum(clip => (long)clip.Frames),
                Patients = rows.Select(row => row.Patient).Distinct().Count(),
                Reasons = report.Reasons.Where(row => row.Reason.Length > 0).Select(row => new { Decision = row.Decision.ToString(), row.Reason, row.Count }),
                Classes = clips.Where(clip => clip.Class is not null).GroupBy(clip => clip.Class!.Value).OrderBy(group => group.Key).ToDictionary(group => group.Key.ToString(), group => group.Count()),
            },
            Json) + "\n");
    }

    public static void WriteCsv(string path, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var text = new StringBuilder().AppendJoin(',', columns).Append('\n');
        foreach (var row in rows)
        {
            text.AppendJoin(',', row.Select(Field)).Append('\n');
        }

        AtomicOutput.WriteText(path, text.ToString());
    }

    private static string Field(object? value)
    {
        string text = value switch
        {
            null => "",
            double number => number.ToString("0.######", CultureInfo.InvariantCulture),
            DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
