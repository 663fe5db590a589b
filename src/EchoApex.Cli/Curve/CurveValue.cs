using System.Globalization;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Curve;

/// <summary>A share, 0 to 1, with its 95 % interval; NaN for what was not measured.</summary>
internal readonly record struct CurveValue(double Estimate, double Low, double High)
{
    public double[] Numbers => [Estimate, Low, High];

    public static CurveValue Of(BootstrapInterval? interval) =>
        interval is null ? new CurveValue(double.NaN, double.NaN, double.NaN) : new CurveValue(interval.Estimate, interval.Low, interval.High);

    public static CurveValue Of(double[] numbers) => new(numbers[0], numbers[1], numbers[2]);

    /// <summary>"58.3 [54.1, 62.0]" in percent, or a dash.</summary>
    public override string ToString() =>
        double.IsNaN(Estimate) ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100 * Estimate:0.0} [{100 * Low:0.0}, {100 * High:0.0}]");
}
