namespace EchoApex.Training.Monitoring;

/// <summary>The last values of a series.</summary>
internal sealed class ValueWindow(int capacity)
{
    private readonly Queue<double> _values = new(capacity);

    public int Count => _values.Count;

    public double Mean => _values.Average();

    /// <summary>Standard deviation of the values as they are, 0 for one value.</summary>
    public double Deviation
    {
        get
        {
            double mean = Mean;
            return Math.Sqrt(_values.Average(value => (value - mean) * (value - mean)));
        }
    }

    public double Median
    {
        get
        {
            double[] sorted = [.. _values.Order()];
            return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        }
    }

    public void Add(double value)
    {
        if (_values.Count == capacity)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
    }

    public void Clear() => _values.Clear();
}
