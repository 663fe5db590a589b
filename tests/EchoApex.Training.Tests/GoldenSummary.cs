using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests;

/// <summary>Compares a tensor with what a golden case tells of it: some values, extremes, mean and length.</summary>
internal static class GoldenSummary
{
    /// <summary>The tensor that a summary is about. The key third of qkv.bias has no gradient but rounding noise, which Adam blows up: it is left out.</summary>
    public static Tensor Select(IReadOnlyDictionary<string, Tensor> state, string name)
    {
        const string Thirds = "[q,v]";
        if (!name.EndsWith(Thirds, StringComparison.Ordinal))
        {
            return state[name];
        }

        var thirds = state[name[..^Thirds.Length]].chunk(3);
        return cat([thirds[0], thirds[2]]);
    }

    /// <summary>The worst |difference| / tolerance; the test fails when it is above 1.</summary>
    public static double AssertClose(JsonProperty summary, Tensor actual)
    {
        double[] values = [.. actual.detach().reshape(-1).to(float64).data<double>()];
        double tolerance = summary.Value.GetProperty("elem_atol").GetDouble();
        int stride = summary.Value.GetProperty("stride").GetInt32();
        double worst = 0;
        void Compare(double value, double expected, double atol) => worst = Math.Max(worst, Math.Abs(value - expected) / (atol + (1e-6 * Math.Abs(expected))));
        void CompareAll(string property, int step)
        {
            int index = 0;
            foreach (var expected in summary.Value.GetProperty(property).EnumerateArray())
            {
                Compare(values[step * index++], expected.GetDouble(), tolerance);
            }
        }

        Assert.That(values, Has.Length.EqualTo(summary.Value.GetProperty("numel").GetInt32()), summary.Name);
        CompareAll("first", 1);
        CompareAll("strided", stride);
        Compare(values.Min(), summary.Value.GetProperty("min").GetDouble(), tolerance);
        Compare(values.Max(), summary.Value.GetProperty("max").GetDouble(), tolerance);
        Compare(values.Average(), summary.Value.GetProperty("mean").GetDouble(), tolerance);
        Compare(Math.Sqrt(values.Sum(v => v * v)), summary.Value.GetProperty("l2").GetDouble(), tolerance * Math.Sqrt(values.Length));
        Assert.That(worst, Is.LessThanOrEqualTo(1), summary.Name);
        return worst;
    }
}
