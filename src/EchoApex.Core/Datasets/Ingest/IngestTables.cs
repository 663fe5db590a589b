using System.Globalization;
using System.Text;
using System.Text.Json;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>Writes manifest.csv, quarantine.csv and report.json: the same bytes for the same audits.</summary>
internal static class IngestTables
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly string[] SourceColumns = ["clip", "decision", "reason", "source"];

    /// <summary>Writes the tables of an output folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="set">The clips that its shards hold.</param>
    /// <param name="others">Clips that are left out.</param>
    /// <param name="passedOver">Files of the last run that were no clips.</param>
    public static void Write(string folder, IReadOnlyList<ClipAudit> set, IReadOnlyList<ClipAudit> others, int passedOver)
    {
        var rows = set.Select(ManifestRow.Of).ToList();
        ClipAudit[] clips = [.. set, .. others];
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
                Clips = clips.Length,
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

    /// <summary>Refuses a file that is there and is no list of sources: nothing else may be written over.</summary>
    /// <exception cref="DataException">It is something else.</exception>
    public static void RequireSources(string? path)
    {
        if (path is not null && HasContent(path) && !CsvTable.Read(path).Columns.SequenceEqual(SourceColumns))
        {
            throw new DataException(path, $"is there, and is no list of sources (columns {string.Join(", ", SourceColumns)}). Name another file, or move it elsewhere.");
        }
    }

    /// <summary>Writes which key stands for which input: this run's clips, and behind them those that the list knows from earlier runs.</summary>
    public static void WriteSources(string path, AuditStore audits, IReadOnlyList<(string Key, string Name)> sources)
    {
        var known = sources.Select(source => source.Key).ToHashSet(StringComparer.Ordinal);
        var earlier = HasContent(path) ? CsvTable.Read(path).Rows.Select(row => (Key: row.Fields[0], Name: row.Fields[3])).Where(row => !known.Contains(row.Key)) : [];
        WriteCsv(path, SourceColumns, sources.Concat(earlier).Select(source => (source, Audit: audits.Find(source.Key))).Where(row => row.Audit is not null)
            .Select(row => new object?[] { row.source.Key, row.Audit!.Decision, row.Audit.Reason, row.source.Name }).ToList());
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

    private static bool HasContent(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

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
