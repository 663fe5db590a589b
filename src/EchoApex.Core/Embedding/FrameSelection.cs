namespace EchoApex.Core.Embedding;

/// <summary>Which frames of a clip are looked at.</summary>
public static class FrameSelection
{
    /// <summary>All frames, or the middles of as many equal parts of the clip.</summary>
    /// <param name="frameCount">Frames of the clip.</param>
    /// <param name="wanted">How many are wanted; null, or more than there are, gives all.</param>
    /// <returns>Ascending zero-based indices.</returns>
    public static IReadOnlyList<int> Spread(int frameCount, int? wanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        if (wanted is not { } count || count >= frameCount)
        {
            return [.. Enumerable.Range(0, frameCount)];
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(wanted));
        return [.. Enumerable.Range(0, count).Select(i => (int)((((2L * i) + 1) * frameCount) / (2L * count)))];
    }
}
