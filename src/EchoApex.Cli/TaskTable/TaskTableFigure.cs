using EchoApex.Core.Tasks;

namespace EchoApex.Cli.TaskTable;

/// <summary>A figure that the table shows of a task.</summary>
/// <param name="Name">Its name in an evaluation.</param>
/// <param name="Title">What a reader is told.</param>
/// <param name="LargerIsBetter">Which way is better.</param>
internal sealed record TaskTableFigure(string Name, string Title, bool LargerIsBetter)
{
    /// <summary>The figure of a row; null where its evaluation has none.</summary>
    public TaskMetric? In(TaskTableRow row) => row.Metrics.FirstOrDefault(metric => metric.Name == Name);

    /// <summary>The figures of a task, the one that decides first.</summary>
    public static IReadOnlyList<TaskTableFigure> Of(string task) => task switch
    {
        "view" => [new("balanced_accuracy", "balanced accuracy", true), new("calibration_error", "calibration error", false)],
        "segment" =>
        [
            new("dice_mean_automatic", "Dice, no prompt", true), new("dice_mean_point", "Dice, one point", true),
            new("dice_mean_box", "Dice, one box", true), new("dice_mean_point_2_corrections", "Dice, point and corrections", true),
        ],
        "measure" => [new("mae_mm", "MAE mm", false), new("mae_ivs_mm", "IVS mm", false), new("mae_lvid_mm", "LVID mm", false), new("mae_lvpw_mm", "LVPW mm", false)],
        _ => [new("mae_percent", "EF MAE points", false), new("r2", "R2", true), new("auc_below_50", "AUC EF < 50", true)],
    };
}
