namespace EchoApex.Core.Evaluation;

/// <summary>How well predicted labels agree with true ones.</summary>
public sealed class ClassificationScore
{
    private readonly int[,] _confusion;

    /// <summary>Counts agreement.</summary>
    /// <param name="predicted">N predicted labels in [0, C).</param>
    /// <param name="truth">N true labels in [0, C).</param>
    /// <param name="labelNames">The C label names.</param>
    /// <exception cref="ArgumentException">The lengths differ, there is nothing to score, or a label is out of range.</exception>
    public ClassificationScore(IReadOnlyList<int> predicted, IReadOnlyList<int> truth, IReadOnlyList<string> labelNames)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(labelNames);
        if (predicted.Count != truth.Count || truth.Count == 0)
        {
            throw new ArgumentException($"A score needs as many predictions as true labels, at least one; got {predicted.Count} and {truth.Count}.", nameof(predicted));
        }

        int classes = labelNames.Count;
        _confusion = new int[classes, classes];
        for (int i = 0; i < truth.Count; i++)
        {
            if (truth[i] < 0 || truth[i] >= classes || predicted[i] < 0 || predicted[i] >= classes)
            {
                throw new ArgumentException($"Sample {i} has true label {truth[i]} and predicted label {predicted[i]}, but there are {classes} classes.", nameof(predicted));
            }

            _confusion[truth[i], predicted[i]]++;
        }

        LabelNames = [.. labelNames];
        Count = truth.Count;
        Recall = [.. Enumerable.Range(0, classes).Select(RecallOf)];
        Accuracy = Enumerable.Range(0, classes).Sum(c => _confusion[c, c]) / (double)Count;
        BalancedAccuracy = Recall.Where(value => !double.IsNaN(value)).Average();
    }

    /// <summary>N, the number of scored samples.</summary>
    public int Count { get; }

    /// <summary>The label names.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Share of right predictions, 0 to 1.</summary>
    public double Accuracy { get; }

    /// <summary>Mean recall over the classes that occur, 0 to 1.</summary>
    public double BalancedAccuracy { get; }

    /// <summary>Share of each class's samples that were found, 0 to 1; NaN for a class that does not occur.</summary>
    public IReadOnlyList<double> Recall { get; }

    /// <summary>Counts [true label, predicted label], as a copy.</summary>
    public int[,] Confusion() => (int[,])_confusion.Clone();

    private double RecallOf(int label)
    {
        int total = Enumerable.Range(0, _confusion.GetLength(1)).Sum(c => _confusion[label, c]);
        return total == 0 ? double.NaN : _confusion[label, label] / (double)total;
    }
}
