using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoApex.Core.Datasets;

/// <summary>
/// Clips under folders, as gray sector frames of bounded size in a cache of bounded memory. A file that cannot be read
/// is reported once with its reason, counted and replaced by the next readable one; only a set with no readable clip at
/// all is an error.
/// </summary>
/// <remarks>Thread safety: <see cref="Read"/> may be called from several threads.</remarks>
public sealed class ClipFolderDataset : IFrameSource
{
    private readonly string[] _paths;
    private readonly Func<string, SectorFrames> _read;
    private readonly ClipCache _cache;
    private readonly ILogger _logger;
    private readonly Dictionary<int, SkippedClip> _skipped = [];

    internal ClipFolderDataset(IEnumerable<string> clips, Func<string, SectorFrames> read, ClipDatasetOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Configuration.OptionsValidator.Validate(options, "data set");
        _paths = [.. clips];
        _read = read;
        _cache = new ClipCache((long)options.CacheMegabytes << 20);
        _logger = logger ?? NullLogger.Instance;
        if (_paths.Length == 0)
        {
            throw new DataException("data", "no clip was found. Name folders that hold DICOM, AVI, MP4, PNG or JPEG files.");
        }
    }

    /// <summary>Finds the clips. Files are read when they are asked for.</summary>
    /// <param name="paths">Clip files, and folders that are searched through; in each folder in ordinal order.</param>
    /// <param name="options">How frames are held.</param>
    /// <param name="loggers">Optional; skipped files are logged as warnings.</param>
    /// <exception cref="DataException">A path does not exist, or no clip was found.</exception>
    public static ClipFolderDataset Open(IReadOnlyList<string> paths, ClipDatasetOptions options, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return new ClipFolderDataset(paths.SelectMany(Find), path => SectorFrameReader.Read(path, options), options, loggers?.CreateLogger<ClipFolderDataset>());
    }

    /// <summary>Number of clips found, unreadable ones included.</summary>
    public int Count => _paths.Length;

    /// <summary>Files left out so far, in the order of their paths.</summary>
    public IReadOnlyList<SkippedClip> Skipped
    {
        get
        {
            lock (_skipped)
            {
                return [.. _skipped.OrderBy(entry => entry.Key).Select(entry => entry.Value)];
            }
        }
    }

    /// <summary>Path of a clip.</summary>
    public string PathOf(int clip) => _paths[clip];

    /// <summary>The frames of a clip; those of the next readable clip when this one cannot be read.</summary>
    /// <exception cref="DataException">No clip of the set can be read.</exception>
    public SectorFrames Read(int clip)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(clip);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(clip, Count);
        for (int i = 0; i < Count; i++)
        {
            int candidate = (clip + i) % Count;
            if (TryRead(candidate) is { } frames)
            {
                return frames;
            }
        }

        var first = Skipped[0];
        throw new DataException(first.Path, $"{first.Reason} None of the {Count} clips can be read; this is the first.");
    }

    /// <inheritdoc/>
    long IFrameSource.UnitCount => Count;

    /// <inheritdoc/>
    string IFrameSource.UnitName => "clips";

    /// <inheritdoc/>
    string? IFrameSource.Fingerprint => null;

    /// <inheritdoc/>
    string IFrameSource.NameOf(long unit, long visit) => PathOf((int)unit);

    /// <inheritdoc/>
    FramePair IFrameSource.Read(long unit, long visit, RandomStream random, bool wantsSecond, LoaderWorker worker)
    {
        var before = worker.Enter(LoaderPhase.Decode);
        var frames = Read((int)unit);
        worker.Enter(before);
        var (first, second) = DrawPair(frames.FrameCount, random);
        return new FramePair(frames[first], frames[second]);
    }

    /// <summary>Two frames of a clip, different ones where there are two.</summary>
    internal static (int First, int Second) DrawPair(int frameCount, RandomStream random)
    {
        int first = random.NextInt32(frameCount);
        return (first, frameCount == 1 ? first : (first + 1 + random.NextInt32(frameCount - 1)) % frameCount);
    }

    private static IEnumerable<string> Find(string path) =>
        Directory.Exists(path) ? ClipReader.EnumerateClips(path)
        : File.Exists(path) ? [path]
        : throw new DataException(path, "there is no such file or folder.");

    private SectorFrames? TryRead(int clip)
    {
        lock (_skipped)
        {
            if (_skipped.ContainsKey(clip))
            {
                return null;
            }
        }

        try
        {
            return _cache.GetOrRead(clip, () => _read(_paths[clip]));
        }
        catch (Exception error) when (error is EchoApexException or IOException or UnauthorizedAccessException)
        {
            Skip(clip, error is DataException data ? data.Reason : error.Message);
            return null;
        }
    }

    private void Skip(int clip, string reason)
    {
        lock (_skipped)
        {
            if (!_skipped.TryAdd(clip, new SkippedClip(_paths[clip], reason)))
            {
                return;
            }
        }

        _logger.LogWarning("Skipped {Path}: {Reason}", _paths[clip], reason);
    }
}
