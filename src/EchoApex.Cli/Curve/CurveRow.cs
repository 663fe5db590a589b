using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Curve;

/// <summary>One line of curve.csv. Shares are 0 to 1; NaN is an empty field.</summary>
internal sealed record CurveRow(string Level, string Method, int Seed, long Steps, double CpuMinutes, CurveValue Knn, CurveValue Linear, CurveValue ClsMeanLinear, CurveValue Miou)
{
    /// <summary>What the row of raw pixels is called.</summary>
    public const string RawPixels = "raw pixels";

    /// <summary>What the row of the encoder before training is called.</summary>
    public const string Untrained = "untrained";

    /// <summary>What the row of a ResNet before training is called, whose BatchNorm layers hold mean 0 and variance 1.</summary>
    public static string UntrainedResNet(string name) => $"{Untrained} {name}";

    /// <summary>The same where they hold the statistics of the training clips.</summary>
    public static string UntrainedResNetOnData(string name) => $"{Untrained} {name} on data";

    /// <summary>The header line.</summary>
    public static string Header { get; } = "level,method,seed,steps,cpu_minutes," + string.Join(',', new[] { "knn", "linear", "cls_mean_linear", "miou" }.Select(name => $"{name},{name}_low,{name}_high"));

    /// <summary>Whether the row is a baseline, which no budget changes.</summary>
    public bool IsBaseline => IsBaselineName(Method);

    /// <summary>Whether a name belongs to the baselines.</summary>
    public static bool IsBaselineName(string name) => name == RawPixels || name.StartsWith(Untrained, StringComparison.Ordinal);

    /// <summary>What makes a row unique: a second row of the same key replaces the first.</summary>
    public (string Level, string Method, int Seed, long Steps) Key => (Level, Method, Seed, Steps);

    public static CurveRow Of(string level, string method, int seed, long steps, double cpuMinutes, EncoderScores scores) => new(
        level, method, seed, steps, cpuMinutes, CurveValue.Of(scores.Knn.Accuracy), CurveValue.Of(scores.Linear.Accuracy), CurveValue.Of(scores.ClsMeanLinear?.Accuracy), CurveValue.Of(scores.Patches?.MeanIou));

    public string ToCsv() => string.Join(
        ',',
        [Level, Method, .. new double[] { Seed, Steps, Math.Round(CpuMinutes, 2) }.Concat(Knn.Numbers).Concat(Linear.Numbers).Concat(ClsMeanLinear.Numbers).Concat(Miou.Numbers)
            .Select(value => double.IsNaN(value) ? "" : value.ToString("0.####", CultureInfo.InvariantCulture))]);

    /// <summary>Reads a line.</summary>
    /// <exception cref="DataException">It is no such line.</exception>
    public static CurveRow Parse(string path, int line, string text)
    {
        string[] fields = text.Split(',');
        double[] numbers = [.. fields.Skip(2).Select(field => field.Length == 0 ? double.NaN : double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw Fault())];
        return numbers.Length == 15 && double.IsInteger(numbers[0]) && double.IsInteger(numbers[1])
            ? new CurveRow(fields[0], fields[1], (int)numbers[0], (long)numbers[1], numbers[2], CurveValue.Of(numbers[3..6]), CurveValue.Of(numbers[6..9]), CurveValue.Of(numbers[9..12]), CurveValue.Of(numbers[12..15]))
            : throw Fault();

        DataException Fault() => new(path, $"line {line}: is no row of a learning curve. Correct or delete it.");
    }
}
