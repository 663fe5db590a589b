namespace EchoApex.Cli.TaskTable;

/// <summary>How the model of a row came about.</summary>
internal static class TaskTableVariant
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

    /// <summary>Few-shot prefix: "full-n5" is five patients a class.</summary>
    private const string FewShotMark = "-n";

    /// <summary>All but few-shot, in the order of the table.</summary>
    public static IReadOnlyList<string> All { get; } = [Full, Adapter, Frozen, Random, Specialist];

    /// <summary>The few-shot form of a variant.</summary>
    public static string FewShot(string variant, int patients) => $"{variant}{FewShotMark}{patients}";

    /// <summary>Splits a variant into its plain form and the few-shot number.</summary>
    public static (string Plain, int? PatientsPerClass) Parse(string variant)
    {
        int mark = variant.IndexOf(FewShotMark, StringComparison.Ordinal);
        return mark < 0 ? (variant, null) : (variant[..mark], int.Parse(variant[(mark + FewShotMark.Length)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>What a reader is told.</summary>
    public static string Describe(string variant) => variant switch
    {
        Full => "pretrained, fine-tuned whole",
        Adapter => "pretrained, adapters",
        Frozen => "pretrained, frozen",
        Random => "same encoder, random start",
        Specialist => "specialist from scratch",
        _ => variant,
    };
}
