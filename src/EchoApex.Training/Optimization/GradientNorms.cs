namespace EchoApex.Training.Optimization;

/// <summary>L2 norms of the gradients before clipping, in the order of the flat groups.</summary>
public sealed class GradientNorms
{
    private readonly Dictionary<string, int> _indices;

    internal GradientNorms(IReadOnlyList<string> names, float[] values)
    {
        (Names, Values) = (names, values);
        _indices = names.Select((name, index) => (name, index)).ToDictionary(entry => entry.name, entry => entry.index, StringComparer.Ordinal);
        Total = Math.Sqrt(values.Sum(value => (double)value * value));
    }

    /// <summary>Names of the parameters.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Norm of each parameter's gradient.</summary>
    public IReadOnlyList<float> Values { get; }

    /// <summary>Norm over all parameters.</summary>
    public double Total { get; }

    /// <summary>False if any gradient holds an infinity or a NaN: stop before the optimizer step.</summary>
    public bool IsFinite => double.IsFinite(Total);

    /// <summary>The norm of one parameter.</summary>
    public float this[string name] => Values[_indices[name]];

    /// <summary>Names of the parameters whose gradient is not finite.</summary>
    public IEnumerable<string> NotFinite() => Names.Where((_, index) => !float.IsFinite(Values[index]));
}
