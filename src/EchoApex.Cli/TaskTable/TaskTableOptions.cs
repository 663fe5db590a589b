using System.Text.Json;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.TaskTable;

/// <summary>What the table of tasks is made of.</summary>
internal sealed record TaskTableOptions
{
    /// <summary>The folder of the table.</summary>
    public required string Out { get; init; }

    /// <summary>A finished pretraining run to take instead of making one; null makes one.</summary>
    public string? Encoder { get; init; }

    /// <summary>The tasks.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = TaskTablePlan.AllTasks;

    /// <summary>Repetitions of views, segmentation, and the ejection fraction by the encoder fine-tuned whole and by adapters; other rows have one.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Further budgets of seed 0 as multiples of each task's steps: how figures go on with more of them, or with fewer.</summary>
    public IReadOnlyList<double> Budgets { get; init; } = [];

    /// <summary>Processes at a time.</summary>
    public int Jobs { get; init; } = 2;

    /// <summary>Share of all sizes and steps: below 1 to try the command out.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The format that encoders compute in, in pretraining and in all rows but those of specialists.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Difficulty of the phantoms.</summary>
    public PhantomDifficulty Difficulty { get; init; } = PhantomDifficulty.Medium;

    /// <summary>A number of clips or steps, scaled.</summary>
    public int Scaled(int number, int atLeast) => Math.Max(atLeast, (int)Math.Round(number * Scale));

    /// <summary>The same options for another process.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static TaskTableOptions FromJson(string json) => JsonSerializer.Deserialize<TaskTableOptions>(json)!;
}
