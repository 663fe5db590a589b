using System.Numerics;

namespace EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

/// <summary>The coding parameters of a JPEG-LS scan (ITU-T T.87 A.1 and C.2.4.1), with what follows from them.</summary>
internal sealed record JpegLsParameters
{
    private JpegLsParameters(int maxValue, int near, int threshold1, int threshold2, int threshold3, int reset)
    {
        (MaxValue, Near, Threshold1, Threshold2, Threshold3, Reset) = (maxValue, near, threshold1, threshold2, threshold3, reset);
        Step = (2 * near) + 1;
        Range = ((maxValue + (2 * near)) / Step) + 1;
        ErrorBits = CeilingLog2(Range);
        int bits = Math.Max(2, CeilingLog2(maxValue + 1));
        Limit = 2 * (bits + Math.Max(8, bits));
    }

    /// <summary>MAXVAL.</summary>
    public int MaxValue { get; }

    /// <summary>NEAR: the largest difference of a decoded sample; 0 is lossless.</summary>
    public int Near { get; }

    /// <summary>T1.</summary>
    public int Threshold1 { get; }

    /// <summary>T2.</summary>
    public int Threshold2 { get; }

    /// <summary>T3.</summary>
    public int Threshold3 { get; }

    /// <summary>RESET: the count at which a context is halved.</summary>
    public int Reset { get; }

    /// <summary>2 NEAR + 1.</summary>
    public int Step { get; }

    /// <summary>RANGE: number of prediction errors that there are.</summary>
    public int Range { get; }

    /// <summary>qbpp: bits of a mapped error.</summary>
    public int ErrorBits { get; }

    /// <summary>LIMIT: length of the longest code.</summary>
    public int Limit { get; }

    /// <summary>Makes the parameters; a preset of 0 takes the default (C.2.4.1.1).</summary>
    /// <exception cref="InvalidDataException">They contradict each other.</exception>
    public static JpegLsParameters Create(int precision, int near, int maxValue, int threshold1, int threshold2, int threshold3, int reset)
    {
        maxValue = maxValue == 0 ? (1 << precision) - 1 : maxValue;
        if (maxValue >= 1 << precision || near > Math.Min(255, maxValue / 2))
        {
            throw new InvalidDataException($"its JPEG-LS stream has MAXVAL {maxValue} and NEAR {near} with {precision} bits a sample; it is damaged.");
        }

        var (default1, default2, default3) = DefaultThresholds(maxValue, near);
        threshold1 = threshold1 == 0 ? default1 : threshold1;
        threshold2 = threshold2 == 0 ? default2 : threshold2;
        threshold3 = threshold3 == 0 ? default3 : threshold3;
        reset = reset == 0 ? 64 : reset;
        bool ordered = near < threshold1 && threshold1 <= threshold2 && threshold2 <= threshold3 && threshold3 <= maxValue;
        return ordered && reset >= 3 && reset <= Math.Max(255, maxValue)
            ? new JpegLsParameters(maxValue, near, threshold1, threshold2, threshold3, reset)
            : throw new InvalidDataException($"its JPEG-LS stream has thresholds {threshold1}, {threshold2}, {threshold3} and RESET {reset} with MAXVAL {maxValue} and NEAR {near}; it is damaged.");
    }

    private static (int, int, int) DefaultThresholds(int maxValue, int near)
    {
        var (first, second, third) = maxValue >= 128
            ? Large((Math.Min(maxValue, 4095) + 128) / 256, near)
            : Small(256 / (maxValue + 1), near);
        int t1 = Within(first, near + 1, maxValue);
        int t2 = Within(second, t1, maxValue);
        return (t1, t2, Within(third, t2, maxValue));
    }

    private static (int, int, int) Large(int factor, int near) =>
        (factor + 2 + (3 * near), (4 * factor) + 3 + (5 * near), (17 * factor) + 4 + (7 * near));

    private static (int, int, int) Small(int factor, int near) =>
        (Math.Max(2, (3 / factor) + (3 * near)), Math.Max(3, (7 / factor) + (5 * near)), Math.Max(4, (21 / factor) + (7 * near)));

    // Outside the bounds the lower one counts, whichever was passed (the CLAMP functions of C.2.4.1.1.1).
    private static int Within(int value, int least, int most) => value < least || value > most ? least : value;

    private static int CeilingLog2(int value) => 32 - BitOperations.LeadingZeroCount((uint)(value - 1));
}
