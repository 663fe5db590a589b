namespace EchoApex.Core.Charts;

/// <summary>The curves of a run in one picture: a panel a group of metrics that belong together.</summary>
public static class RunChart
{
    private const int PanelWidth = 480;
    private const int PanelHeight = 300;

    // Metrics over more orders of magnitude than this are drawn on a logarithmic axis.
    private const double LogarithmicRatio = 100;

    // Bookkeeping that says nothing of how a run went.
    private static readonly string[] Bookkeeping = ["epoch", "time", "seconds", "timestamp", "images", "samples", "live_tensors", "skipped_clips"];

    // The terms of the total loss, as the pretraining loop names them.
    private static readonly string[] LossTerms = ["dino", "ibot", "koleo", "losses"];

    /// <summary>Draws all metrics of a file.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <param name="title">Title above the panels; null for none.</param>
    /// <param name="smoothing">Weight of the past in the moving average over noisy curves, in [0, 1).</param>
    /// <exception cref="Runtime.DataException">The file holds no metric.</exception>
    public static ChartPicture Render(MetricsFile metrics, string? title = null, double smoothing = 0.9)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var shown = metrics.Series.Where(series => !Bookkeeping.Contains(series.Name, StringComparer.OrdinalIgnoreCase)).ToList();
        if (shown.Count == 0)
        {
            throw new Runtime.DataException(metrics.Path, "holds no numbers beside the steps.");
        }

        IChart[] panels = [.. shown.GroupBy(series => GroupOf(series.Name), StringComparer.Ordinal)
            .SelectMany(group => ByRange(group).Select((lines, index) => Panel(index > 0 && lines.Count == 1 ? lines[0].Name : group.Key, group.Key, lines, smoothing)))];
        return ChartPicture.Grid(panels, panels.Length <= 4 ? 2 : 3, PanelWidth, PanelHeight, title);
    }

    /// <summary>Metrics that share a path ("knn.top1", "knn.top5") share a panel; so do the total loss and its terms.</summary>
    internal static string GroupOf(string name)
    {
        int dot = name.LastIndexOf('.');
        string group = dot > 0 ? name[..dot] : name;
        return group == "loss" || group.StartsWith("loss_", StringComparison.Ordinal) || group.EndsWith("_loss", StringComparison.Ordinal) || LossTerms.Contains(group) ? "loss" : group;
    }

    /// <summary>Lines share a panel only where each still has room to move: a common axis of more than four times the widest range flattens them all.</summary>
    internal static List<List<LineSeries>> ByRange(IEnumerable<LineSeries> group)
    {
        const double widest = 4;
        var panels = new List<List<LineSeries>>();
        foreach (var series in group)
        {
            var place = panels.Find(panel =>
            {
                LineSeries[] together = [.. panel, series];
                var values = together.SelectMany(line => line.Y).Where(double.IsFinite);
                return Range(values) <= widest * together.Max(line => Range(line.Y.Where(double.IsFinite)));
            });
            if (place is null)
            {
                panels.Add([series]);
            }
            else
            {
                place.Add(series);
            }
        }

        return panels;
    }

    private static double Range(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return all.Length == 0 ? 0 : all.Max() - all.Min();
    }

    private static LineChart Panel(string title, string group, List<LineSeries> series, double smoothing)
    {
        double[] values = [.. series.SelectMany(line => line.Y).Where(double.IsFinite)];
        bool logarithmic = values.Length > 0 && values.Min() > 0 && values.Max() / values.Min() > LogarithmicRatio;
        string prefix = group + ".";
        return new LineChart
        {
            Title = title,
            XTitle = "step",
            Series = [.. series.Select(line => line with { Name = line.Name != title && line.Name.StartsWith(prefix, StringComparison.Ordinal) ? line.Name[prefix.Length..] : line.Name })],
            LogarithmicY = logarithmic,
            Smoothing = series.Any(line => line.IsNoisy) ? smoothing : 0,
        };
    }
}
