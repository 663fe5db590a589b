using System.Text.Json;
using static TorchSharp.torch;

namespace EchoApex.Testing;

/// <summary>Compares tensors with the arrays and summaries of a reference case and knows which of them were never looked at.</summary>
public sealed class GoldenComparison
{
    private readonly Dictionary<string, JsonElement> _arrays;
    private readonly Dictionary<string, JsonElement> _summaries;
    private readonly HashSet<string> _open;
    private double _worst;

    public GoldenComparison(string name)
    {
        Case = GoldenCase.Load(name);
        _arrays = Case.Json.GetProperty("arrays").EnumerateArray().ToDictionary(array => array.GetProperty("name").GetString()!);
        _summaries = Case.Json.GetProperty("summaries").EnumerateObject().ToDictionary(summary => summary.Name, summary => summary.Value);
        _open = [.. _arrays.Keys, .. _summaries.Keys.Select(key => "summary " + key)];
    }

    public GoldenCase Case { get; }

    public JsonElement Config => Case.Json.GetProperty("config");

    public IEnumerable<string> Arrays => _arrays.Keys;

    /// <summary>Arrays and summaries.</summary>
    public IEnumerable<string> Names => _arrays.Keys.Concat(_summaries.Keys);

    public bool Has(string name) => _arrays.ContainsKey(name);

    public bool IsSummary(string name) => _summaries.ContainsKey(name);

    /// <summary>The shape of an array.</summary>
    public long[] Shape(string name) => [.. _arrays[name].GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];

    /// <summary>Names of the inputs given by formula.</summary>
    public IEnumerable<string> InputNames => Case.Json.GetProperty("formula_inputs").EnumerateArray().Select(input => input.GetProperty("name").GetString()!);

    /// <summary>An input given by formula.</summary>
    public Tensor Input(string name) => Filled(Case.Json.GetProperty("formula_inputs").EnumerateArray().Single(input => input.GetProperty("name").GetString() == name));

    /// <summary>A parameter given by formula that the network itself does not have.</summary>
    public Tensor Parameter(string name) => Filled(Case.Json.GetProperty("params").EnumerateArray().Single(input => input.GetProperty("name").GetString() == name));

    /// <summary>The masks of the case, bool.</summary>
    public Tensor Masks(string name)
    {
        _open.Remove(name);
        var array = Case.Read<byte>(name + ".npy");
        return tensor(array.Values.Select(value => value != 0).ToArray()).reshape([.. array.Shape]);
    }

    /// <summary>Fills a network's state dict by the formula; its keys and shapes must be the reference's.</summary>
    public void FillWeights(nn.Module module, params string[] ignored)
    {
        using var noGrad = no_grad();
        var state = module.state_dict();
        var names = new List<string>();
        foreach (var parameter in Case.Json.GetProperty("params").EnumerateArray())
        {
            string name = parameter.GetProperty("name").GetString()!;
            if (ignored.Contains(name))
            {
                continue;
            }

            names.Add(name);
            using var values = Filled(parameter);
            Assert.That(state, Does.ContainKey(name));
            Assert.That(state[name].shape, Is.EqualTo(values.shape), name);
            state[name].copy_(values);
            if (Has("sd." + name))
            {
                Compare("sd." + name, state[name]);
            }
        }

        Assert.That(state.Keys.Where(key => !key.EndsWith("num_batches_tracked", StringComparison.Ordinal)), Is.EquivalentTo(names));
    }

    /// <summary>An array of the case that the caller compares under a tolerance of its own.</summary>
    public Tensor Expected(string name)
    {
        _open.Remove(name);
        return Case.ReadTensor(name + ".npy");
    }

    /// <summary>Compares with an array of the case under its own tolerance.</summary>
    public void Compare(string name, Tensor actual)
    {
        _open.Remove(name);
        using var expected = Case.ReadTensor(name + ".npy");
        double tolerance = _arrays[name].TryGetProperty("atol", out var atol) ? atol.GetDouble() : 0;
        _worst = Math.Max(_worst, tolerance == 0 ? ExactRatio(actual, expected, name) : GoldenCase.AssertClose(actual, expected, tolerance, name));
    }

    /// <summary>Compares with a summary of the case: its statistics and the elements that it holds.</summary>
    public void CompareSummary(string name, Tensor actual)
    {
        _open.Remove("summary " + name);
        var summary = _summaries[name];
        double tolerance = summary.TryGetProperty("elem_atol", out var given) ? given.GetDouble() : DefaultTolerance(summary);
        using var scope = NewDisposeScope();
        double[] values = [.. actual.detach().to(float64).contiguous().data<double>()];
        long stride = summary.GetProperty("stride").GetInt64();
        double mean = values.Average();
        Assert.That(values.Length, Is.EqualTo(summary.GetProperty("numel").GetInt32()), name);
        double worst = Ratio(values.Take(16), Numbers(summary, "first"), tolerance);
        double[] strided = Numbers(summary, "strided");
        worst = Math.Max(worst, Ratio(Enumerable.Range(0, strided.Length).Select(i => values[i * stride]), strided, tolerance));
        worst = Math.Max(worst, Ratio([mean, values.Min(), values.Max()], [Number(summary, "mean"), Number(summary, "min"), Number(summary, "max")], tolerance));
        worst = Math.Max(worst, Ratio([Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length)], [Number(summary, "std_pop")], tolerance));
        worst = Math.Max(worst, Ratio([values.Sum(), values.Sum(Math.Abs)], [Number(summary, "sum"), Number(summary, "abs_sum")], tolerance * values.Length));
        worst = Math.Max(worst, Ratio([Math.Sqrt(values.Sum(v => v * v))], [Number(summary, "l2")], tolerance * Math.Sqrt(values.Length)));
        _worst = Math.Max(_worst, worst);
        TestContext.Out.WriteLine($"summary {name}: worst |diff|/tolerance {worst:0.0000}");
        Assert.That(worst, Is.LessThanOrEqualTo(1.0), name);
    }

    /// <summary>Fails when an array or a summary of the case was never compared, or nothing was.</summary>
    public void AssertComplete()
    {
        TestContext.Out.WriteLine($"WORST of the case: {_worst:0.0000}");
        Assert.That(_open, Is.Empty, "arrays and summaries of the case that the test does not compare");
        Assert.That(_arrays, Is.Not.Empty);
    }

    private static Tensor Filled(JsonElement entry) => GoldenCase.FillTensor(
        entry.GetProperty("name").GetString()!,
        [.. entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
        entry.GetProperty("scale").GetDouble(),
        entry.GetProperty("offset").GetDouble());

    // What manifest.json asks for where a case has no tolerance of its own.
    private static double DefaultTolerance(JsonElement summary) => 2e-6 * Math.Max(Math.Abs(Number(summary, "min")), Math.Abs(Number(summary, "max")));

    private static double ExactRatio(Tensor actual, Tensor expected, string name)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape), name);
        Assert.That(actual.detach().data<float>().ToArray(), Is.EqualTo(expected.data<float>().ToArray()), name);
        return 0;
    }

    private static double Number(JsonElement summary, string name) => summary.GetProperty(name).GetDouble();

    private static double[] Numbers(JsonElement summary, string name) => [.. summary.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static double Ratio(IEnumerable<double> actual, IEnumerable<double> expected, double tolerance) =>
        actual.Zip(expected, (a, b) => double.IsNaN(a) ? double.PositiveInfinity : Math.Abs(a - b) / (tolerance + (1e-6 * Math.Abs(b)))).Max();
}
