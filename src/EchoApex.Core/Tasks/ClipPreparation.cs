// S side of the square input.
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Tasks;

/// <summary>
/// Opens annotated clips for a task: frames as the encoder's square input, masks and landmarks moved by the same geometry.
/// What was read is kept in memory up to a number of bytes, since an epoch asks for it again; the least recently used clip
/// goes first.
/// </summary>
/// <remarks>Thread safety: may be used from several threads; one of them reads a clip at a time.</remarks>
public sealed class ClipPreparation
{
    private readonly ClipPreprocessor _preprocessor;
    private readonly long _maximumBytes;
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _recent = new();
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Prepares the preparation.</summary>
    /// <param name="preprocessing">The encoder's; frames are gray whatever it says, as ultrasound is.</param>
    /// <param name="cacheMegabytes">Memory for prepared frames.</param>
    /// <exception cref="ConfigurationException">A value of the preprocessing is out of range.</exception>
    public ClipPreparation(Preprocessing preprocessing, int cacheMegabytes = 1024)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentOutOfRangeException.ThrowIfNegative(cacheMegabytes);
        _preprocessor = new ClipPreprocessor(preprocessing with { Grayscale = true });
        _maximumBytes = (long)cacheMegabytes << 20;
        Normalizer = new FrameNormalizer(_preprocessor.Preprocessing);
    }

    /// <summary>S, the side of the input in pixels.</summary>
    public int Side => _preprocessor.Preprocessing.ImageSize;

    /// <summary>What carries it out; it remembers the sectors of clips.</summary>
    internal ClipPreprocessor Preprocessor => _preprocessor;

    /// <summary>The preprocessing that is carried out.</summary>
    public Preprocessing Preprocessing => _preprocessor.Preprocessing;

    /// <summary>The last step: bytes to network values.</summary>
    public FrameNormalizer Normalizer { get; }

    /// <summary>Opens a clip: its size, geometry, spacing and times.</summary>
    /// <exception cref="DataException">The file cannot be read, or no sector was found.</exception>
    public PreparedClip Open(AnnotatedClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var entry = Find(clip);
        lock (entry)
        {
            return entry.Clip ??= Describe(clip, entry.File);
        }
    }

    /// <summary>One frame of a clip.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frame">From 0.</param>
    /// <exception cref="DataException">The frame does not exist or cannot be read, or a mask does not fit it.</exception>
    public PreparedFrame Frame(AnnotatedClip clip, int frame)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var entry = Find(clip);
        PreparedFrame? prepared;
        lock (entry)
        {
            if (entry.Frames.TryGetValue(frame, out prepared))
            {
                return prepared;
            }

            entry.Clip ??= Describe(clip, entry.File);
            if (frame < 0 || frame >= entry.Clip.FrameCount)
            {
                throw new DataException(clip.Path, $"has {entry.Clip.FrameCount} frames; {(clip.Source.Length > 0 ? clip.Source : "its data set")} speaks of frame {frame} (from 0).");
            }

            prepared = Prepare(clip, entry, frame);
            entry.Frames[frame] = prepared;
            entry.Bytes += Size(prepared);
        }

        Account(entry, Size(prepared));
        return prepared;
    }

    /// <summary>One frame of a clip that is at hand; nothing is known of it, and nothing is kept.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frame">From 0.</param>
    /// <exception cref="DataException">The frame cannot be decoded, or no sector was found.</exception>
    public PreparedFrame Frame(EchoClip clip, int frame) => new()
    {
        Frame = frame,
        Side = Side,
        Pixels = _preprocessor.ToPicture(clip, frame),
        Inside = _preprocessor.ToInside(clip),
    };

    /// <summary>How places in the frames of a clip and in the input belong together.</summary>
    /// <exception cref="DataException">No sector was found.</exception>
    public FrameGeometry Geometry(EchoClip clip) => _preprocessor.Geometry(clip);

    private static long Size(PreparedFrame frame) => frame.Pixels.LongLength + (frame.Mask?.LongLength ?? 0) + 512;

    private PreparedClip Describe(AnnotatedClip clip, EchoClip file) => new()
    {
        Clip = clip,
        FrameCount = file.FrameCount,
        Height = file.Height,
        Width = file.Width,
        Geometry = _preprocessor.Geometry(file),
        Spacing = clip.Spacing ?? file.Spacing,
        FrameTimesMs = file.FrameTimesMs,
        HeartRateBpm = file.HeartRateBpm,
    };

    private PreparedFrame Prepare(AnnotatedClip clip, Entry entry, int frame)
    {
        var file = entry.File;
        var annotation = clip.Frames.FirstOrDefault(known => known.Frame == frame);
        return new PreparedFrame
        {
            Frame = frame,
            Side = Side,
            Pixels = _preprocessor.ToPicture(file, frame),
            Inside = entry.Inside(_preprocessor),
            Mask = annotation?.Mask is { } mask ? Move(clip, file, mask()) : null,
            Landmarks = annotation is null ? new Dictionary<string, ImagePoint>() : Move(annotation.Landmarks, entry.Clip!.Geometry),
        };
    }

    private byte[] Move(AnnotatedClip clip, EchoClip file, LabelMask mask) =>
        mask.Height == file.Height && mask.Width == file.Width
            ? _preprocessor.ToMask(file, mask.Labels.Span)
            : throw new DataException(clip.Path, $"has frames of {file.Height} x {file.Width} pixels; the mask of {clip.Source} has {mask.Height} x {mask.Width}.");

    private static Dictionary<string, ImagePoint> Move(IReadOnlyDictionary<string, ImagePoint> landmarks, FrameGeometry geometry) =>
        landmarks.ToDictionary(landmark => landmark.Key, landmark =>
        {
            var (x, y) = geometry.ToInput(landmark.Value.X, landmark.Value.Y);
            return new ImagePoint(x, y);
        });

    private Entry Find(AnnotatedClip clip)
    {
        lock (_lock)
        {
            string key = $"{clip.Path}\n{clip.Name}";
            if (_entries.TryGetValue(key, out var node))
            {
                _recent.Remove(node);
            }
            else
            {
                node = new LinkedListNode<Entry>(new Entry(key, clip));
                _entries[key] = node;
            }

            _recent.AddFirst(node);
            return node.Value;
        }
    }

    private void Account(Entry entry, long bytes)
    {
        lock (_lock)
        {
            // An entry that another thread pushed out meanwhile is not counted.
            if (!_entries.TryGetValue(entry.Key, out var own) || !ReferenceEquals(own.Value, entry))
            {
                return;
            }

            _bytes += bytes;
            while (_bytes > _maximumBytes && _recent.Last is { } last)
            {
                _recent.RemoveLast();
                _entries.Remove(last.Value.Key);
                _bytes -= last.Value.Bytes;
            }
        }
    }

    private sealed class Entry(string key, AnnotatedClip clip)
    {
        private EchoClip? _file;
        private byte[]? _inside;

        public string Key { get; } = key;

        public PreparedClip? Clip { get; set; }

        public Dictionary<int, PreparedFrame> Frames { get; } = [];

        public long Bytes { get; set; }

        // Frames of a file each are one clip too: they share a sector, so that a mask comes back by the way its frame went.
        public EchoClip File => _file ??= clip.FramePaths.Count > 0 ? FrameFiles.Open(clip.FramePaths) : ClipReader.Open(clip.Path);

        public byte[] Inside(ClipPreprocessor preprocessor) => _inside ??= preprocessor.ToInside(File);
    }
}
