namespace EchoApex.Cli.TaskTable;

/// <summary>The rows of a table, in the order in which they are made.</summary>
internal static class TaskTablePlan
{
    private static readonly int[] Shots = [1, 5, 10, 50];

    /// <summary>All tasks, in the order of the table.</summary>
    public static string[] AllTasks { get; } = ["view", "segment", "measure", "ef"];

    /// <summary>All rows, the long ones first: the few-shot rows of views at the end leave no process waiting for another.</summary>
    public static IReadOnlyList<(string Task, string Variant, int Seed)> Rows(TaskTableOptions options) =>
        [.. AllTasks.Reverse().Where(options.Tasks.Contains).SelectMany(task => Of(task, options))];

    /// <summary>Patients a class of the few-shot curve.</summary>
    public static IReadOnlyList<int> FewShot => Shots;

    /// <summary>Kinds of the few-shot curve.</summary>
    public static IReadOnlyList<string> FewShotKinds { get; } = [TaskTableVariant.Full, TaskTableVariant.Random];

    /// <summary>Kinds of the curve over budgets.</summary>
    public static IReadOnlyList<string> BudgetKinds { get; } = [TaskTableVariant.Full, TaskTableVariant.Specialist];

    // What adapters lose on the ejection fraction is less than one seed's interval.
    private static int Seeds(string task, TaskTableVariant variant, TaskTableOptions options) =>
        task is "view" or "segment" || (task == "ef" && variant.Kind is TaskTableVariant.Full or TaskTableVariant.Adapter) ? options.Seeds : 1;

    private static IEnumerable<(string Task, string Variant, int Seed)> Of(string task, TaskTableOptions options)
    {
        var kinds = TaskTableVariant.All.Where(kind => kind != TaskTableVariant.Frozen || task == "view").Select(kind => new TaskTableVariant(kind));
        var fewShot = task == "view"
            ? Shots.Where(shots => shots <= options.Scaled(50, 1)).SelectMany(shots => FewShotKinds.Select(kind => new TaskTableVariant(kind, shots)))
            : [];
        foreach (var variant in kinds.Concat(fewShot))
        {
            for (int seed = 0; seed < Seeds(task, variant, options); seed++)
            {
                yield return (task, variant.ToString(), seed);
            }
        }

        foreach (double budget in options.Budgets.Where(budget => budget is not 1).Distinct().Order())
        {
            foreach (string kind in BudgetKinds)
            {
                yield return (task, new TaskTableVariant(kind, Budget: budget).ToString(), 0);
            }
        }
    }
}
