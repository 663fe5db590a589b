using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>Fills a network's parameters and buffers from a weights file.</summary>
public static class StateDictLoader
{
    private const int MaxReaders = 4;

    /// <summary>
    /// Compares all keys and shapes first, then reads each tensor straight into its place. In strict mode nothing is
    /// changed unless everything fits.
    /// </summary>
    /// <param name="module">The network. It may be on any device.</param>
    /// <param name="source">The weights.</param>
    /// <param name="options">Names, strictness; default strict with the network's own names.</param>
    /// <returns>What happened to every key.</returns>
    /// <exception cref="CheckpointException">Strict mode: keys are missing, unexpected or misshapen, all listed. Any mode: the file cannot be read.</exception>
    public static LoadReport Load(nn.Module module, ITensorSource source, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new LoadOptions();
        var targets = module.state_dict();
        var mapping = options.Mapping ?? KeyMapping.Identity(source.Tensors);
        var report = Compare(targets, mapping, options.ZeroIfMissing);
        if (options.Strict && !report.IsComplete)
        {
            string remedy = options.Remedy ?? "Load it into the architecture that it was made for.";
            throw new CheckpointException(source.Path, $"does not fit the network; nothing was loaded.{Environment.NewLine}{report.DescribeFaults()}{Environment.NewLine}{remedy}");
        }

        Copy(targets, mapping, source, report);
        return report;
    }

    private static LoadReport Compare(Dictionary<string, Tensor> targets, KeyMapping mapping, IReadOnlyList<string> zeroIfMissing)
    {
        List<string> loaded = [], missing = [], zeroed = [], converted = [];
        List<MisshapenTensor> misshapen = [];
        foreach (var (key, target) in targets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!mapping.Tensors.TryGetValue(key, out var found))
            {
                bool allowed = zeroIfMissing.Any(end => key == end || key.EndsWith("." + end, StringComparison.Ordinal));
                (allowed ? zeroed : missing).Add(key);
            }
            else if (!found.Shape.SequenceEqual(target.shape))
            {
                misshapen.Add(new MisshapenTensor(key, target.shape, found.Shape));
            }
            else
            {
                loaded.Add(key);
                if (found.Dtype != target.dtype)
                {
                    converted.Add(key);
                }
            }
        }

        return new LoadReport
        {
            Loaded = loaded,
            Missing = missing,
            Zeroed = zeroed,
            Unexpected = [.. mapping.Tensors.Keys.Where(key => !targets.ContainsKey(key)).Order(StringComparer.Ordinal)],
            Misshapen = misshapen,
            Dropped = [.. mapping.Dropped.Order(StringComparer.Ordinal)],
            Converted = converted,
        };
    }

    private static void Copy(Dictionary<string, Tensor> targets, KeyMapping mapping, ITensorSource source, LoadReport report)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        string[] ordered = [.. report.Loaded.OrderBy(key => source.Tensors[mapping.Tensors[key].Source].Offset)];
        var plain = ordered.ToLookup(key =>
            mapping.Tensors[key].Transform == TensorTransform.None && mapping.Tensors[key].Dtype == targets[key].dtype && TensorMemory.IsPlain(targets[key]));
        ReadInParallel([.. plain[true]], key => source.CopyTo(mapping.Tensors[key].Source, targets[key]));
        foreach (string key in plain[false])
        {
            Copy(targets[key], mapping.Tensors[key], source);
        }

        foreach (string key in report.Zeroed)
        {
            targets[key].zero_();
        }
    }

    // Most of the time goes into the first touch of fresh memory, which threads share well. These copies make no tensors,
    // so they need no scope of their own.
    private static void ReadInParallel(string[] keys, Action<string> read)
    {
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MaxReaders) };
            Parallel.ForEach(Partitioner.Create(keys, EnumerablePartitionerOptions.NoBuffering), options, read);
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }

    private static void Copy(Tensor target, MappedTensor from, ITensorSource source)
    {
        if (from.Transform == TensorTransform.None)
        {
            source.CopyTo(from.Source, target);
            return;
        }

        // PrependPositionSlot: slot 0 is the cls token's.
        using var slot = target.narrow(1, 0, 1);
        slot.zero_();
        using var rest = target.narrow(1, 1, target.shape[1] - 1);
        source.CopyTo(from.Source, rest);
    }
}
