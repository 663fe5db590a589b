using System.Globalization;
using EchoApex.Training.Distributed;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>Makes one set of a step's terms from those of all processes.</summary>
internal static class ProcessTerms
{
    /// <summary>Each term's mean over the processes that have it; the number of masked patches is summed.</summary>
    public static IReadOnlyDictionary<string, double> Merge(ICollective processes, IReadOnlyDictionary<string, double> terms, Device device)
    {
        if (processes.WorldSize == 1)
        {
            return terms;
        }

        var culture = CultureInfo.InvariantCulture;
        string mine = string.Join('\n', terms.Select(term => $"{term.Key}={term.Value.ToString("R", culture)}"));
        var all = RunAgreement.Gather(processes, mine, device)
            .SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => line.Split('='))
            .GroupBy(parts => parts[0], parts => double.Parse(parts[1], culture), StringComparer.Ordinal);
        return all.ToDictionary(term => term.Key, term => term.Key == Summed ? term.Sum() : term.Average(), StringComparer.Ordinal);
    }

    /// <summary>The mean loss, and whether any process was asked to stop: the little that every step exchanges.</summary>
    public static (double Loss, bool Stop) Agree(ICollective processes, double loss, bool stop, Device device)
    {
        if (processes.WorldSize == 1)
        {
            return (loss, stop);
        }

        using var scope = NewDisposeScope();
        var values = tensor(new[] { loss, stop ? 1 : 0 }, float64).to(device);
        processes.AllReduce(values, ReduceOperation.Sum);
        double[] sums = [.. values.cpu().data<double>()];
        return (sums[0] / processes.WorldSize, sums[1] > 0);
    }

    private const string Summed = "masked_patches";
}
