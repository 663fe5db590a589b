using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using Microsoft.Extensions.Logging;

namespace EchoApex.Training.Loop;

/// <summary>Opens what a run's options name as its data.</summary>
internal static class PretrainingData
{
    /// <exception cref="ConfigurationException">Shards and clips are mixed, or clips are to be balanced by what only shards know.</exception>
    /// <exception cref="DataException">There is no clip, or a set of shards is damaged or not complete.</exception>
    public static IFrameSource Open(PretrainingOptions options, ILoggerFactory? loggers)
    {
        var data = options.Data;
        string[] shards = [.. data.Paths.Where(ShardSet.IsShardFolder)];
        if (data.Source == DataSourceKind.Shards || (data.Source == DataSourceKind.Auto && shards.Length == data.Paths.Count && shards.Length > 0))
        {
            return data.Paths.Count > 0
                ? ShardDataset.Open(data.Paths, data.Balance, options.Seed, loggers)
                : throw new ConfigurationException("data.paths", "is empty; name folders of shards.");
        }

        if (data.Source == DataSourceKind.Auto && shards.Length > 0)
        {
            throw new ConfigurationException("data.paths", $"mixes shards ({shards[0]}) with clips ({data.Paths.First(path => !shards.Contains(path))}). Pack the clips with 'echoapex shards pack', or name one kind alone.");
        }

        return data.Balance == SampleBalance.Clip
            ? ClipFolderDataset.Open(data.Paths, data.Cache, loggers)
            : throw new ConfigurationException("data.balance", $"is {data.Balance.ToString().ToLowerInvariant()}, which clips in folders do not know. Pack them with 'echoapex shards pack', or balance by clip.");
    }
}
