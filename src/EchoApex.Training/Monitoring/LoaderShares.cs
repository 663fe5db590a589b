using EchoApex.Core.Datasets;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Shares the time of a loader's threads out among <c>loader_read</c>, <c>loader_decode</c>, <c>loader_augment</c> and
/// <c>loader_wait</c>, which sum to 1 over all threads.
/// </summary>
/// <remarks>Thread safety: an instance belongs to one thread.</remarks>
public sealed class LoaderShares
{
    private LoaderStatistics _before;

    /// <summary>The shares since the last call, 0 to 1, by name; empty when no time has passed.</summary>
    /// <param name="workers">What each thread has done so far.</param>
    public IReadOnlyDictionary<string, double> Take(IEnumerable<LoaderStatistics> workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        var now = workers.Aggregate(default(LoaderStatistics), LoaderStatistics.Add);
        var since = now - _before;
        _before = now;
        double total = since.ReadSeconds + since.DecodeSeconds + since.AugmentSeconds + since.WaitSeconds;
        return total <= 0
            ? new Dictionary<string, double>()
            : new Dictionary<string, double>
            {
                ["loader_read"] = Math.Round(since.ReadSeconds / total, 4),
                ["loader_decode"] = Math.Round(since.DecodeSeconds / total, 4),
                ["loader_augment"] = Math.Round(since.AugmentSeconds / total, 4),
                ["loader_wait"] = Math.Round(since.WaitSeconds / total, 4),
            };
    }
}
