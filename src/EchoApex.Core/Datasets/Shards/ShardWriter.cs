using System.Globalization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// Writes clips into a folder of shards and goes on where an earlier writer was stopped. Each shard appears whole, archive first and
/// index second; the list of the set, shards.json, comes last of all.
/// <code>
/// using var writer = ShardWriter.Open(folder, options);
/// foreach (var clip in clips)               // always in the same order
/// {
///     if (!writer.Contains(clip.Key))       // in a shard already: nothing to do
///     {
///         writer.Add(EncodedClip.Encode(clip, options));
///     }
/// }
///
/// writer.Complete();
/// </code>
/// A run that is killed at any byte and started again with the same clips in the same order leaves the bytes of one that was not:
/// where a shard ends follows from the clips in it alone, and what was not finished is written again.
/// </summary>
/// <remarks>
/// Thread safety: an instance belongs to one thread at a time. One process writes to a prefix of a folder at a time; a second is
/// refused. Processes with different prefixes may fill one folder together: each calls <see cref="Complete"/>, and the last of
/// them lists the shards of all.
/// </remarks>
public sealed class ShardWriter : IDisposable
{
    private readonly string _folder;
    private readonly ShardWriteOptions _options;
    private readonly ILogger _logger;
    private readonly FileStream _lock;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private ShardTar? _open;
    private int _next;
    private bool _disposed;

    private ShardWriter(string folder, ShardWriteOptions options, ILogger logger, FileStream @lock)
    {
        (_folder, _options, _logger, _lock) = (folder, options, logger, @lock);
    }

    /// <summary>Clips in the set, those of earlier runs included.</summary>
    public int ClipCount => _keys.Count;

    /// <summary>The clips' keys in the order of the shards.</summary>
    internal IReadOnlyList<string> Keys => _order;

    /// <summary>Clips that finished shards held when the writer was opened.</summary>
    public int ResumedClipCount { get; private set; }

    /// <summary>Opens a folder for writing: a new one, or one that a writer with the same options has left.</summary>
    /// <param name="folder">The folder; made when it does not exist.</param>
    /// <param name="options">How shards are written.</param>
    /// <param name="loggers">Optional; says what of an earlier run is kept or dropped.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or the folder's shards were written with another codec or quality.</exception>
    /// <exception cref="DataException">A shard of the folder is damaged.</exception>
    /// <exception cref="EchoApexException">Another process writes to the same prefix of the folder.</exception>
    public static ShardWriter Open(string folder, ShardWriteOptions options, ILoggerFactory? loggers = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "shards");
        Directory.CreateDirectory(folder);
        var writer = new ShardWriter(folder, options, loggers?.CreateLogger<ShardWriter>() ?? (ILogger)NullLogger.Instance, Lock(folder, options.Prefix));
        try
        {
            writer.Resume();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Whether the set holds a clip, in a finished shard or in the one at hand.</summary>
    public bool Contains(string key) => _keys.Contains(key);

    /// <summary>Adds a clip. A full shard is finished first.</summary>
    /// <exception cref="DataException">The set holds a clip of that name.</exception>
    public void Add(EncodedClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var info = clip.Info;
        if (info.Codec != _options.Codec || (info.Codec == ShardCodec.Jpeg && info.Quality != _options.Quality))
        {
            throw new ArgumentException($"The clip '{info.Key}' was encoded with other options than the writer's: {info.Codec}, quality {info.Quality}.", nameof(clip));
        }

        if (!_keys.Add(info.Key))
        {
            throw new DataException(_folder, $"holds a clip '{info.Key}' already; names must be unique in a set. Ask Contains first, or give the clip another name.");
        }

        _order.Add(info.Key);
        if (_open is { ClipCount: > 0 } full && full.Length + clip.ByteCount + TarMember.EndLength > (long)_options.ShardMegabytes << 20)
        {
            FinishShard();
        }

        _open ??= new ShardTar(TarPath(_next));
        _open.Add(clip.Bytes, clip.Record, clip.Frames, info.Key, info.Patient);
    }

    /// <summary>
    /// Finishes the last shard and writes shards.json over all finished shards of the folder. Without it the shards that were full
    /// stay and a later writer goes on after them.
    /// </summary>
    /// <exception cref="DataException">Two shards of the folder hold a clip of the same name, or an index is damaged.</exception>
    public ShardManifest Complete()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        FinishShard();
        return ShardManifest.Write(_folder);
    }

    /// <summary>Closes the folder; a shard that is not finished is dropped.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _open?.Dispose();
        _lock.Dispose();
    }

    private static FileStream Lock(string folder, string prefix)
    {
        string path = Path.Combine(folder, $".{prefix}.lock");
        try
        {
            // Deleted on closing: by name it could not be while it is open on Windows, and elsewhere another process may have it by then.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new EchoApexException($"The folder '{folder}' is being written to by another process: {path} is locked. Wait for it, or write with another prefix.", error);
        }
    }

    private void Resume()
    {
        foreach (string leftover in Directory.EnumerateFiles(_folder, _options.Prefix + "-*" + ShardTar.TemporaryExtension))
        {
            _logger.LogInformation("Removed {Path}, which was never finished", leftover);
            File.Delete(leftover);
        }

        for (int count = NumberOfShards(); _next < count; _next++)
        {
            string tar = TarPath(_next);
            string index = ShardLayout.IndexOf(tar);
            if (!File.Exists(tar) && File.Exists(tar + ShardRepair.DamagedExtension))
            {
                // Put aside by a repair, no clip in it was whole: they are written again, behind the others.
                File.Delete(index);
                _logger.LogInformation("Went on without {Path}, which a repair has put aside", tar);
                continue;
            }

            if (!File.Exists(tar))
            {
                throw new DataException(tar, "is missing, but later shards or its index are there. Put it back, or write to another folder.");
            }

            if (!File.Exists(index))
            {
                // Killed between the two renames: the archive is whole, and its index follows from it.
                ShardRepair.Reindex(tar);
                _logger.LogInformation("Made the index of {Path}, which was whole", tar);
            }

            Adopt(tar, ShardIndex.Read(index));
        }

        ResumedClipCount = _keys.Count;
    }

    // One more than the highest number in a name, whatever is missing below it: nothing that is there may be written over.
    private int NumberOfShards()
    {
        string start = _options.Prefix + "-";
        return Directory.EnumerateFiles(_folder, start + "*")
            .Where(path => Path.GetExtension(path) is ShardLayout.TarExtension or ShardLayout.IndexExtension)
            .Select(path => Path.GetFileNameWithoutExtension(path)[start.Length..])
            .Select(number => number.Length == 6 && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value + 1 : 0)
            .DefaultIfEmpty(0)
            .Max();
    }

    private void Adopt(string tar, ShardIndex index)
    {
        if (index.Codec != _options.Codec || (index.Codec == ShardCodec.Jpeg && index.Quality != _options.Quality))
        {
            throw new ConfigurationException("shards", $"{tar} was written with {index.Codec} (quality {index.Quality}), now {_options.Codec} (quality {_options.Quality}) is asked for. Go on with the same options, or write to another folder.");
        }

        if (new FileInfo(tar).Length != index.TarLength)
        {
            throw new DataException(tar, $"has {new FileInfo(tar).Length} bytes, its index says {index.TarLength}. Run 'echoapex shards repair' on the folder.");
        }

        foreach (string key in index.Keys)
        {
            if (!_keys.Add(key))
            {
                throw new DataException(tar, $"holds a clip '{key}' that an earlier shard holds too; names must be unique in a set. Remove one of the two shards.");
            }

            _order.Add(key);
        }
    }

    private void FinishShard()
    {
        if (_open is { } shard)
        {
            var entry = shard.Finish(_options.Codec, _options.Quality);
            _open = null;
            shard.Dispose();
            _next++;
            _logger.LogInformation("Finished {Name}: {Clips} clips, {Frames} frames, {Bytes} bytes", entry.Name, entry.Clips, entry.Frames, entry.Bytes);
        }
    }

    private string TarPath(int number) =>
        Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_options.Prefix}-{number:D6}{ShardLayout.TarExtension}"));
}
