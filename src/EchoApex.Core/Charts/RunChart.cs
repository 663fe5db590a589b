using System.Globalization;

namespace EchoApex.Core.Charts;

/// <summary>The curves of a run in one picture: a panel a group of metrics that belong together.</summary>
public static class RunChart
{
    private const int PanelWidth = 480;
    private const int PanelHeight = 300;

    // Metrics over more orders of magnitude than this are drawn on a logarithmic axis.
    private const double LogarithmicRatio = 100;

    private const string Loss = "loss";
    private const string Shares = "shares of a step's time";
    private const string LoaderShares = "shares of the loader threads' time";
    private const string Schedules = "schedules, each over its own range";

    // Bookkeeping that says nothing of how a run went.
    private static readonly string[] Bookkeeping = ["epoch", "time", "seconds", "timestamp", "images", "samples", "live_tensors", "skipped_clips", "probe_seconds"];

    // The terms of the total loss, as the pretraining loop names them.
    private static readonly string[] LossTerms = ["dino", "ibot", "koleo", "losses"];

    // The panels of a pretraining run, in their order, with what is left out of their metrics' names. Other metrics follow.
    private static readonly (string Title, string Prefix, string[] Metrics)[] Panels =
    [
        (Loss, "", []),
        ("teacher entropy (nats)", "", ["teacher_entropy", "ibot_teacher_entropy"]),
        ("teacher KL to uniform (nats)", "", ["teacher_kl_to_uniform", "ibot_teacher_kl_to_uniform"]),
        ("center norm", "", ["center_norm", "ibot_center_norm"]),
        ("k-NN accuracy on labelled clips", "", ["knn_accuracy"]),
        ("prototype usage", "", ["prototype_usage"]),
        ("effective rank of the features", "", ["feature_rank"]),
        ("spread of the features (1: isotropic)", "", ["feature_std"]),
        ("gradient norms before clipping", "gradient_norm_", ["gradient_norm", "gradient_norm_backbone", "gradient_norm_head", "gradient_norm_ibot_head"]),
        ("images per second", "", ["images_per_second"]),
        (Shares, "share_", ["share_data", "share_teacher", "share_student", "share_backward", "share_reduction", "share_optimizer", "share_other"]),
        (LoaderShares, "loader_", ["loader_read", "loader_decode", "loader_augment", "loader_wait"]),
        ("memory (MiB)", "", ["memory_mib"]),
        (Schedules, "", ["learning_rate", "weight_decay", "teacher_momentum", "teacher_temperature"]),
    ];

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

        string[] order = [.. Panels.Select(panel => panel.Title)];
        IChart[] panels = [.. shown.GroupBy(series => GroupOf(series.Name), StringComparer.Ordinal)
            .OrderBy(group => (uint)Array.IndexOf(order, group.Key))
            .SelectMany(group => PanelsOf(group.Key, [.. group], smoothing))];
        return ChartPicture.Grid(panels, panels.Length <= 4 ? 2 : 3, PanelWidth, PanelHeight, title);
    }

    /// <summary>
    /// The title of a metric's panel. The total loss and its terms share one, and so do the known metrics that are read side by
    /// side; of the others those that share a path ("knn.top1", "knn.top5").
    /// </summary>
    internal static string GroupOf(string name)
    {
        if (Panels.FirstOrDefault(panel => panel.Metrics.Contains(name)).Title is { } known)
        {
            return known;
        }

        int dot = name.LastIndexOf('.');
        string group = dot > 0 ? name[..dot] : name;
        return group == Loss || group.StartsWith("loss_", StringComparison.Ordinal) || group.EndsWith("_loss", StringComparison.Ordinal) || LossTerms.Contains(group) ? Loss : group;
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

    /// <summary>A schedule from 0 to 1 over its own range, with the range in its name.</summary>
    internal static LineSeries OverOwnRange(LineSeries series)
    {
        double[] finite = [.. series.Y.Where(double.IsFinite)];
        if (finite.Length == 0)
        {
            return series;
        }

        double low = finite.Min(), high = finite.Max();
        string range = low == high ? Short(low) : $"{Short(low)} to {Short(high)}";
        return series with { Name = $"{series.Name} {range}", Y = [.. series.Y.Select(value => high > low ? (value - low) / (high - low) : value - low + 0.5)] };
    }

    private static string Short(double value) => value.ToString("0.####e+0", CultureInfo.InvariantCulture) is { } power && (Math.Abs(value) is > 0 and < 1e-3 || Math.Abs(value) >= 1e5)
        ? power
        : value.ToString("0.#####", CultureInfo.InvariantCulture);

    private static double Range(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return all.Length == 0 ? 0 : all.Max() - all.Min();
    }

    private static IEnumerable<LineChart> PanelsOf(string group, List<LineSeries> series, double smoothing)
    {
        var (title, prefix, _) = Panels.FirstOrDefault(panel => panel.Title == group && group != Loss);
        return title == Schedules ? [Panel(title, "", [.. series.Select(OverOwnRange)], 0)]
            : title is not null ? [Panel(title, prefix, series, smoothing)]
            : ByRange(series).Select((lines, index) => Panel(index > 0 && lines.Count == 1 ? lines[0].Name : group, group + ".", lines, smoothing));
    }

    private static LineChart Panel(string title, string prefix, List<LineSeries> series, double smoothing)
    {
        double[] values = [.. series.SelectMany(line => line.Y).Where(double.IsFinite)];
        bool logarithmic = title is not (Shares or LoaderShares) && values.Length > 0 && values.Min() > 0 && values.Max() / values.Min() > LogarithmicRatio;
        return new LineChart
        {
            Title = title,
            XTitle = "step",
            Series = [.. series.OrderBy(line => line.Name == title ? 0 : 1).Select(line => line with { Name = NameOf(line.Name, title, prefix, series.Count), IsRaw = !line.IsNoisy })],
            LogarithmicY = logarithmic,
            Smoothing = series.Any(line => line.IsNoisy) ? smoothing : 0,
        };
    }

    // A lone line of a known panel needs no legend beside the title.
    private static string NameOf(string name, string title, string prefix, int lines) =>
        lines == 1 && Panels.Any(panel => panel.Title == title && panel.Metrics.Length == 1) ? title
        : name == title || prefix.Length == 0 || !name.StartsWith(prefix, StringComparison.Ordinal) ? name
        : name[prefix.Length..];
}
