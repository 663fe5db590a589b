using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Training.FineTuning;

/// <summary>
/// Which sample a draw takes: a pure function of the seed, the epoch and the place in the epoch. Without balance every sample is
/// drawn once an epoch; with balance or shares draws are independent.
/// </summary>
public sealed class TaskSampler
{
    private readonly ulong _seed;
    private readonly double[]? _cumulative;

    /// <summary>Prepares the draws.</summary>
    /// <param name="samples">The training samples of a task.</param>
    /// <param name="options">Seed, few-shot number, balance, shares.</param>
    /// <exception cref="ConfigurationException">There are no samples, a class has too few patients, or the shares do not fit the sets.</exception>
    public TaskSampler(IReadOnlyList<TaskSample> samples, FineTuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(options);
        _seed = options.Seed;
        Samples = Choose(samples, options);
        if (Samples.Count == 0)
        {
            throw new ConfigurationException("fine-tuning", "there is no training sample. Check that the data set has clips of the training split with what the task needs.");
        }

        _cumulative = options.Balance == SamplingBalance.None && options.SetShares.Count == 0 ? null : Cumulative(samples, options);
    }

    /// <summary>The samples that are drawn from: indices into the task's samples.</summary>
    public IReadOnlyList<int> Samples { get; }

    /// <summary>The sample of a draw.</summary>
    /// <param name="epoch">Epoch.</param>
    /// <param name="index">Place in the epoch.</param>
    /// <param name="inOrder">The sample that an even pass over <see cref="Samples"/> has at this place.</param>
    public int At(long epoch, long index, int inOrder)
    {
        if (_cumulative is null)
        {
            return Samples[inOrder];
        }

        double wanted = RandomStream.For(_seed, "fine-tuning-balance", epoch, index).NextDouble() * _cumulative[^1];
        int place = Array.BinarySearch(_cumulative, wanted);
        place = place < 0 ? ~place : place + 1;
        return Samples[Math.Min(place, Samples.Count - 1)];
    }

    private static List<int> Choose(IReadOnlyList<TaskSample> samples, FineTuningOptions options)
    {
        var all = Enumerable.Range(0, samples.Count);
        if (options.PatientsPerClass is not { } wanted)
        {
            return [.. all];
        }

        var chosen = new List<int>();
        foreach (var ofClass in all.GroupBy(i => samples[i].Class).OrderBy(group => group.Key))
        {
            string[] patients = [.. ofClass.Select(i => samples[i].Patient).Distinct(StringComparer.Ordinal)];
            if (patients.Length < wanted)
            {
                throw new ConfigurationException("fine-tuning", $"patients_per_class is {wanted}, but class {ofClass.Key} has {patients.Length} training patients. Lower it, or add data.");
            }

            RandomStream.For(options.Seed, "few-shot", ofClass.Key).Shuffle(patients.AsSpan());
            var kept = patients.Take(wanted).ToHashSet(StringComparer.Ordinal);
            chosen.AddRange(ofClass.Where(i => kept.Contains(samples[i].Patient)));
        }

        chosen.Sort();
        return chosen;
    }

    private double[] Cumulative(IReadOnlyList<TaskSample> samples, FineTuningOptions options)
    {
        double[] weights = [.. Samples.Select(_ => 1.0)];
        if (options.Balance != SamplingBalance.None)
        {
            double power = options.Balance == SamplingBalance.Class ? 1 : 0.5;
            var sizes = Samples.GroupBy(i => (samples[i].Set, samples[i].Class)).ToDictionary(group => group.Key, group => group.Count());
            weights = [.. Samples.Select(i => Math.Pow(sizes[(samples[i].Set, samples[i].Class)], -power))];
        }

        if (options.SetShares.Count > 0)
        {
            int sets = samples.Max(sample => sample.Set) + 1;
            if (sets != options.SetShares.Count || !(options.SetShares.Sum() > 0))
            {
                throw new ConfigurationException("fine-tuning", $"set_shares has {options.SetShares.Count} values summing to {options.SetShares.Sum()}; there are {sets} data sets. Give one share a set, at least one above 0.");
            }

            double[] totals = new double[sets];
            for (int i = 0; i < Samples.Count; i++)
            {
                totals[samples[Samples[i]].Set] += weights[i];
            }

            for (int i = 0; i < Samples.Count; i++)
            {
                int set = samples[Samples[i]].Set;
                weights[i] *= options.SetShares[set] / totals[set];
            }
        }

        double sum = 0;
        return [.. weights.Select(weight => sum += weight)];
    }
}
