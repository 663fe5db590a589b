namespace EchoApex.Core.Charts;

/// <summary>
/// Eight colours that readers with any common colour blindness tell apart, after Okabe and Ito (2008), their yellow
/// darkened so that it shows on white. Beyond eight, charts change the marker or the dash as well.
/// </summary>
public static class ChartPalette
{
    private static readonly ChartColor[] Colors =
    [
        new(0, 114, 178),
        new(213, 94, 0),
        new(0, 158, 115),
        new(204, 121, 167),
        new(230, 159, 0),
        new(86, 180, 233),
        new(60, 60, 60),
        new(176, 160, 20),
    ];

    /// <summary>Number of different colours.</summary>
    public static int Count => Colors.Length;

    /// <summary>The colour of a series; colours repeat after <see cref="Count"/>.</summary>
    /// <param name="index">Zero-based number of the series.</param>
    public static ChartColor Color(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return Colors[index % Colors.Length];
    }
}
