namespace EchoApex.Heads.Prediction;

/// <summary>How a live stream keeps up.</summary>
/// <param name="Received">Frames pushed.</param>
/// <param name="Judged">Frames judged.</param>
/// <param name="Dropped">Frames dropped because too many waited.</param>
/// <param name="ResultsDropped">Results dropped because nobody took them.</param>
/// <param name="FramesPerSecond">Frames judged a second, from the first judged to the last; 0 below two.</param>
/// <param name="MedianLatencyMs">Median time from push to result over the last 4,096 frames; NaN without any.</param>
/// <param name="Latency99Ms">The time that 99 % of them stay below.</param>
public sealed record LiveStatistics(long Received, long Judged, long Dropped, long ResultsDropped, double FramesPerSecond, double MedianLatencyMs, double Latency99Ms);
