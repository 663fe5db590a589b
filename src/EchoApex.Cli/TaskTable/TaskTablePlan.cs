namespace EchoApex.Cli.TaskTable;

/// <summary>The rows of a table, in the order in which they are made.</summary>
internal static class TaskTablePlan
{
    private static readonly int[] Shots = [1, 5, 10, 50];

    /// <summary>All rows.</summary>
    public static IReadOnlyList<(string Task, string Variant, int Seed)> Rows(TaskTableOptions options)
    {
        var rows = new List<(string, string, int)>();
        foreach (string task in options.Tasks)
        {
            int seeds = task is "view" or "segment" ? options.Seeds : 1;
            foreach (string variant in TaskTableVariant.All.Where(variant => variant != TaskTableVariant.Frozen || task == "view"))
            {
                rows.AddRange(Enumerable.Range(0, seeds).Select(seed => (task, variant, seed)));
            }

            if (task == "view")
            {
                rows.AddRange(Shots.Where(shots => shots <= options.Scaled(50, 1)).SelectMany(shots => new[] { TaskTableVariant.Full, TaskTableVariant.Random }
                    .SelectMany(variant => Enumerable.Range(0, seeds).Select(seed => (task, TaskTableVariant.FewShot(variant, shots), seed)))));
            }
        }

        return rows;
    }

    /// <summary>Patients a class of the few-shot curve.</summary>
    public static IReadOnlyList<int> FewShot => Shots;
}
