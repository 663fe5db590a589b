using System.Globalization;

namespace EchoApex.Core.Charts;

/// <summary>The values of an axis: range, places of its ticks and their labels, linear or logarithmic.</summary>
internal sealed class AxisScale
{
    private static readonly double[] NiceSteps = [1, 2, 2.5, 5, 10];

    private AxisScale(double minimum, double maximum, bool logarithmic, IReadOnlyList<(double Value, string Label)> ticks)
    {
        (Minimum, Maximum, Logarithmic, Ticks) = (minimum, maximum, logarithmic, ticks);
    }

    public double Minimum { get; }

    public double Maximum { get; }

    public bool Logarithmic { get; }

    public IReadOnlyList<(double Value, string Label)> Ticks { get; }

    /// <summary>Position of a value on the axis: 0 at the minimum, 1 at the maximum; NaN for what a logarithmic axis cannot show.</summary>
    public double Position(double value)
    {
        if (!Logarithmic)
        {
            return (value - Minimum) / (Maximum - Minimum);
        }

        return value > 0 ? Math.Log(value / Minimum) / Math.Log(Maximum / Minimum) : double.NaN;
    }

    /// <summary>Finds a range that holds all finite values and ticks at round numbers.</summary>
    /// <param name="values">The values to show; those that are not finite (or not positive on a logarithmic axis) are ignored.</param>
    /// <param name="logarithmic">Whether equal ratios take equal room.</param>
    /// <param name="maximumTicks">Largest number of ticks.</param>
    /// <param name="margin">Room beyond the outermost values, as a share of the range.</param>
    /// <param name="fromZero">Whether values that are all positive or 0 get no room below 0, as bars need it.</param>
    public static AxisScale Create(IEnumerable<double> values, bool logarithmic, int maximumTicks, double margin, bool fromZero = false)
    {
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (double.IsFinite(value) && (!logarithmic || value > 0))
            {
                (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
            }
        }

        if (minimum > maximum)
        {
            (minimum, maximum) = logarithmic ? (0.1, 10) : (0, 1);
        }

        return logarithmic && maximum / minimum >= 4
            ? CreateLogarithmic(minimum, maximum, maximumTicks, margin)
            : CreateLinear(minimum, maximum, maximumTicks, margin, logarithmic, fromZero);
    }

    /// <summary>A linear axis between two values that are kept as they are.</summary>
    public static AxisScale Exact(double minimum, double maximum, int maximumTicks) =>
        new(minimum, maximum, false, LinearTicks(minimum, maximum, maximumTicks));

    private static AxisScale CreateLinear(double minimum, double maximum, int maximumTicks, double margin, bool logarithmic, bool fromZero)
    {
        double size = Math.Max(Math.Abs(minimum), Math.Abs(maximum));
        if (maximum - minimum <= 1e-9 * size || maximum == minimum)
        {
            // A flat line stands in the middle of a range of its own size.
            double room = size > 0 ? 0.1 * size : 1;
            (minimum, maximum) = (minimum - room, maximum + room);
        }
        else
        {
            double room = margin * (maximum - minimum);
            (minimum, maximum) = (fromZero && minimum >= 0 ? Math.Max(0, minimum - room) : minimum - room, maximum + room);
        }

        if (logarithmic)
        {
            // Less than a few powers of two: a logarithmic axis with ticks at round steps.
            double floor = Math.Max(minimum, maximum / 16);
            return new AxisScale(floor, maximum, true, LinearTicks(floor, maximum, maximumTicks));
        }

        return new AxisScale(minimum, maximum, false, LinearTicks(minimum, maximum, maximumTicks));
    }

    private static AxisScale CreateLogarithmic(double minimum, double maximum, int maximumTicks, double margin)
    {
        double room = Math.Pow(maximum / minimum, margin);
        (minimum, maximum) = (minimum / room, maximum * room);
        double decades = Math.Log10(maximum / minimum);
        double[] factors = decades * 3 <= maximumTicks ? [1, 2, 5] : [1];
        bool plain = minimum >= 9e-4 && maximum <= 2e5;
        int stride = Math.Max(1, (int)Math.Ceiling(decades / maximumTicks));
        var ticks = new List<(double, string)>();
        for (int power = (int)Math.Floor(Math.Log10(minimum)); power <= (int)Math.Ceiling(Math.Log10(maximum)); power++)
        {
            foreach (double factor in factors)
            {
                double value = factor * Math.Pow(10, power);
                if (value >= minimum && value <= maximum && (stride == 1 || ((power % stride) + stride) % stride == 0))
                {
                    ticks.Add((value, plain ? Label(value, value) : Power(factor, power)));
                }
            }
        }

        return new AxisScale(minimum, maximum, true, ticks);
    }

    private static List<(double Value, string Label)> LinearTicks(double minimum, double maximum, int maximumTicks)
    {
        double rough = (maximum - minimum) / Math.Max(1, maximumTicks);
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = NiceSteps.Select(nice => nice * power).First(candidate => candidate >= rough * (1 - 1e-9));
        var ticks = new List<(double, string)>();
        for (double index = Math.Ceiling((minimum / step) - 1e-6); index * step <= maximum + (1e-6 * step); index++)
        {
            double value = index * step;
            ticks.Add((value, Label(value, step)));
        }

        return ticks;
    }

    /// <summary>A value as the ticks of a given step write it: no more digits than tell two ticks apart.</summary>
    internal static string Label(double value, double step)
    {
        double magnitude = Math.Max(Math.Abs(value), Math.Abs(step));
        if (value == 0 || Math.Abs(value) < 1e-9 * step)
        {
            return "0";
        }

        if (magnitude >= 1e6 || Math.Abs(step) < 1e-4)
        {
            int exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)) + 1e-9);
            int digits = Math.Clamp(exponent - (int)Math.Floor(Math.Log10(Math.Abs(step)) + 1e-9) + (IsHalfStep(step) ? 1 : 0), 0, 6);
            return (value / Math.Pow(10, exponent)).ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
                + "e" + exponent.ToString(CultureInfo.InvariantCulture);
        }

        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(Math.Abs(step)) - 1e-9) + (IsHalfStep(step) ? 1 : 0), 0, 8);
        return value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static string Power(double factor, int power) =>
        factor.ToString("0", CultureInfo.InvariantCulture) + "e" + power.ToString(CultureInfo.InvariantCulture);

    // 2.5, 0.25 and the like need one digit more than their power of ten says.
    private static bool IsHalfStep(double step)
    {
        double mantissa = Math.Abs(step) / Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(step)) + 1e-9));
        return Math.Abs(mantissa - 2.5) < 1e-6;
    }
}
