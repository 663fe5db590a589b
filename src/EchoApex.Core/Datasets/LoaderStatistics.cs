namespace EchoApex.Core.Datasets;

/// <summary>What one thread of a loader has done.</summary>
/// <param name="Samples">Samples made.</param>
/// <param name="ReadSeconds">Time spent reading bytes.</param>
/// <param name="DecodeSeconds">Time spent decoding.</param>
/// <param name="AugmentSeconds">Time spent on views, and on all that is neither reading nor decoding.</param>
/// <param name="WaitSeconds">Time spent waiting for work, because batches enough were ready.</param>
public readonly record struct LoaderStatistics(long Samples, double ReadSeconds, double DecodeSeconds, double AugmentSeconds, double WaitSeconds)
{
    /// <summary>The sum of two threads' work, or of two spans of one's.</summary>
    public static LoaderStatistics operator +(LoaderStatistics a, LoaderStatistics b) => new(
        a.Samples + b.Samples, a.ReadSeconds + b.ReadSeconds, a.DecodeSeconds + b.DecodeSeconds, a.AugmentSeconds + b.AugmentSeconds, a.WaitSeconds + b.WaitSeconds);

    /// <summary>What came after an earlier reading.</summary>
    public static LoaderStatistics operator -(LoaderStatistics a, LoaderStatistics b) => new(
        a.Samples - b.Samples, a.ReadSeconds - b.ReadSeconds, a.DecodeSeconds - b.DecodeSeconds, a.AugmentSeconds - b.AugmentSeconds, a.WaitSeconds - b.WaitSeconds);

    /// <summary>The sum, by its name.</summary>
    public static LoaderStatistics Add(LoaderStatistics left, LoaderStatistics right) => left + right;

    /// <summary>The difference, by its name.</summary>
    public static LoaderStatistics Subtract(LoaderStatistics left, LoaderStatistics right) => left - right;
}
