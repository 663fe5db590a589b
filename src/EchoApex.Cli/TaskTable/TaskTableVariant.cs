using System.Globalization;

namespace EchoApex.Cli.TaskTable;

/// <summary>How the model of a row came about: a kind, or a kind with few patients or another budget.</summary>
/// <param name="Kind">One of <see cref="All"/>.</param>
/// <param name="PatientsPerClass">Patients a class that it learns from; null takes all.</param>
/// <param name="Budget">Its steps as a multiple of the task's.</param>
internal readonly record struct TaskTableVariant(string Kind, int? PatientsPerClass = null, double Budget = 1)
{
    /// <summary>The pretrained encoder, fine-tuned whole.</summary>
    public const string Full = "full";

    /// <summary>The pretrained encoder with adapters.</summary>
    public const string Adapter = "adapter";

    /// <summary>The pretrained encoder, frozen: the head alone.</summary>
    public const string Frozen = "frozen";

    /// <summary>The same encoder from random weights, trained whole.</summary>
    public const string Random = "random";

    /// <summary>A network made for the task, from random weights.</summary>
    public const string Specialist = "specialist";

    /// <summary>Whether it starts from the pretrained encoder, and so must wait for it.</summary>
    public bool IsPretrained => Kind is Full or Adapter or Frozen;

    // "full-n5" learns from five patients a class, "full-x2" takes twice the steps.
    private const string FewShotMark = "-n";
    private const string BudgetMark = "-x";

    /// <summary>All kinds, in the order of the table.</summary>
    public static IReadOnlyList<string> All { get; } = [Full, Adapter, Frozen, Random, Specialist];

    /// <summary>Its name in files.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Kind}{(PatientsPerClass is { } patients ? $"{FewShotMark}{patients}" : "")}{(Budget is 1 ? "" : $"{BudgetMark}{Budget.ToString(CultureInfo.InvariantCulture)}")}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static TaskTableVariant Parse(string name)
    {
        var (rest, budget) = Split(name, BudgetMark);
        var (kind, patients) = Split(rest, FewShotMark);
        return new TaskTableVariant(
            kind,
            patients is null ? null : int.Parse(patients, CultureInfo.InvariantCulture),
            budget is null ? 1 : double.Parse(budget, CultureInfo.InvariantCulture));
    }

    /// <summary>What a reader is told of a kind.</summary>
    public static string Describe(string kind) => kind switch
    {
        Full => "pretrained, fine-tuned whole",
        Adapter => "pretrained, adapters",
        Frozen => "pretrained, frozen",
        Random => "same encoder, random start",
        Specialist => "specialist from scratch",
        _ => kind,
    };

    private static (string Head, string? Number) Split(string name, string mark)
    {
        int at = name.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (name, null) : (name[..at], name[(at + mark.Length)..]);
    }
}
