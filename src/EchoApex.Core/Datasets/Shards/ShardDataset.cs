using System.Collections.Concurrent;
using EchoApex.Core.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// The frames of one or more sets of shards for training without labels: each visit reads the frames that it shows and nothing else.
/// Memory is some 50 bytes a clip, whatever the number of frames.
/// </summary>
/// <remarks>
/// A record that cannot be read is replaced by frames of the next clip that can, logged and counted. Which one that is follows from
/// the visit alone and is asked again at each visit, so that the order does not depend on threads or on where a run was resumed.
/// <para>Thread safety: all members may be used from several threads, but for <see cref="Dispose"/>.</para>
/// </remarks>
public sealed class ShardDataset : IFrameSource, IDisposable
{
    // So many neighbours unreadable is no damage but a disk that is gone.
    private const int MostTries = 1000;

    private readonly ShardSet[] _sets;
    private readonly int[] _firstClip;
    private readonly ShardUnits _units;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, SkippedClip> _skipped = new(StringComparer.Ordinal);
    private long _replaced;

    private ShardDataset(ShardSet[] sets, SampleBalance balance, ulong seed, ILogger logger)
    {
        (_sets, _logger, Balance) = (sets, logger, balance);
        _firstClip = new int[sets.Length + 1];
        for (int i = 0; i < sets.Length; i++)
        {
            _firstClip[i + 1] = checked(_firstClip[i] + sets[i].Count);
        }

        _units = new ShardUnits(sets, balance, seed);
        Fingerprint = string.Join('+', sets.Select(set => set.Manifest.Fingerprint));
    }

    /// <summary>What a pass visits equally often.</summary>
    public SampleBalance Balance { get; }

    /// <summary>Clips of all sets.</summary>
    public int ClipCount => _firstClip[^1];

    /// <summary>Frames of all sets.</summary>
    public long FrameCount => _sets.Sum(set => set.Manifest.FrameCount);

    /// <summary>Visits that showed something else because of a record that could not be read.</summary>
    public long ReplacedCount => Interlocked.Read(ref _replaced);

    /// <inheritdoc/>
    public long UnitCount => _units.Count;

    /// <inheritdoc/>
    public string UnitName => Balance switch
    {
        SampleBalance.Patient => "patients",
        SampleBalance.Frame => "frames",
        _ => "clips",
    };

    /// <inheritdoc/>
    public string? Fingerprint { get; }

    /// <inheritdoc/>
    public IReadOnlyList<SkippedClip> Skipped => [.. _skipped.Values.OrderBy(clip => clip.Path, StringComparer.Ordinal).ThenBy(clip => clip.Reason, StringComparer.Ordinal)];

    /// <summary>Opens sets of shards.</summary>
    /// <param name="folders">Folders with shards.json, at least one; clips are numbered through them in this order.</param>
    /// <param name="balance">What a pass visits equally often.</param>
    /// <param name="seed">The run's seed, for the order in which a patient's clips take turns.</param>
    /// <param name="loggers">Optional; skipped records are logged as warnings.</param>
    /// <exception cref="DataException">A folder holds no complete set, or an index is damaged.</exception>
    public static ShardDataset Open(IReadOnlyList<string> folders, SampleBalance balance = SampleBalance.Clip, ulong seed = 0, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentOutOfRangeException.ThrowIfZero(folders.Count, nameof(folders));
        var sets = new List<ShardSet>();
        try
        {
            sets.AddRange(folders.Select(folder => ShardSet.Open(folder)));
            return new ShardDataset([.. sets], balance, seed, loggers?.CreateLogger<ShardDataset>() ?? (ILogger)NullLogger.Instance);
        }
        catch
        {
            sets.ForEach(set => set.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public string NameOf(long unit, long visit)
    {
        var (set, clip) = Locate(_units.At(unit, visit).Clip);
        return set.NameOf(clip);
    }

    /// <inheritdoc/>
    public FramePair Read(long unit, long visit, RandomStream random, bool wantsSecond, LoaderWorker worker)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(worker);
        var before = worker.Enter(LoaderPhase.Read);
        try
        {
            var (start, frame) = _units.At(unit, visit);
            DataException? first = null;
            int tries = Math.Min(MostTries, ClipCount);
            for (int i = 0; i < tries; i++)
            {
                var (set, clip) = Locate((int)(((long)start + i) % ClipCount));
                try
                {
                    var pair = Read(set, clip, i == 0 ? frame : null, random, wantsSecond, worker);
                    Interlocked.Add(ref _replaced, first is null ? 0 : 1);
                    return pair;
                }
                catch (DataException error)
                {
                    first ??= error;
                    Skip(error);
                }
            }

            throw new DataException(first!.File, $"{first.Reason} None of {tries} clips in a row can be read; this is the first. Is the disk there? See 'echoapex shards verify'.", first.Frame, first);
        }
        finally
        {
            worker.Enter(before);
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var set in _sets)
        {
            set.Dispose();
        }
    }

    private static FramePair Read(ShardSet set, int clip, int? frame, RandomStream random, bool wantsSecond, LoaderWorker worker)
    {
        worker.Enter(LoaderPhase.Read);
        int count = set.FrameCountOf(clip);
        var (first, second) = ClipFolderDataset.DrawPair(count, random);
        if (frame is { } wanted)
        {
            second = count == 1 ? wanted : (wanted + second - first + count) % count;
            first = wanted;
        }

        var (height, width) = set.SizeOf(clip);
        int area = height * width;
        ReadOnlySpan<int> frames = wantsSecond && second != first ? [first, second] : [first];
        var pixels = worker.Scratch(frames.Length * area);
        set.ReadFrames(clip, frames, pixels.Span, worker);
        return new FramePair(new SectorImage(pixels[..area], height, width), new SectorImage(pixels.Slice((frames.Length - 1) * area, area), height, width));
    }

    private (ShardSet Set, int Clip) Locate(int clip)
    {
        int set = 0;
        while (clip >= _firstClip[set + 1])
        {
            set++;
        }

        return (_sets[set], clip - _firstClip[set]);
    }

    private void Skip(DataException error)
    {
        string reason = error.Frame is { } frame ? $"frame {frame}: {error.Reason}" : error.Reason;
        if (_skipped.TryAdd(error.Message, new SkippedClip(error.File, reason)))
        {
            _logger.LogWarning("Skipped {Record}", error.Message);
        }
    }
}
