using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Cli.TaskTable;

/// <summary>One row: a variant of a task, one seed, judged on the test split.</summary>
internal sealed record TaskTableRow
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>The variant.</summary>
    public required string Variant { get; init; }

    /// <summary>Seed of data, weights and batches.</summary>
    public required int Seed { get; init; }

    /// <summary>Figures on the test split.</summary>
    public required IReadOnlyList<TaskMetric> Metrics { get; init; }

    /// <summary>Steps of training.</summary>
    public required int Steps { get; init; }

    /// <summary>Processor seconds of training.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Numbers that were trained, the head's included.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Share of the encoder's parameters that was trained.</summary>
    public required double EncoderShare { get; init; }

    /// <summary>The name of its files.</summary>
    public static string NameOf(string task, string variant, int seed) => $"{task}-{variant}-{seed}";

    /// <summary>Writes the row.</summary>
    public void Write(string path) => AtomicOutput.WriteText(path, JsonSerializer.Serialize(this, Json));

    /// <summary>Reads a row; null where it was not made yet.</summary>
    public static TaskTableRow? Read(string path) => File.Exists(path) ? JsonSerializer.Deserialize<TaskTableRow>(File.ReadAllText(path), Json) : null;
}
