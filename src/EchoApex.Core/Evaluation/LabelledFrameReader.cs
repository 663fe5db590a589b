// Shape legend: T = frames of a clip, B = frames of a batch, S = side of the network input.
using EchoApex.Core.Arrays;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using static TorchSharp.torch;

namespace EchoApex.Core.Evaluation;

/// <summary>
/// Reads the clips of a list, a few frames each, prepared as an encoder wants them, batch by batch: memory does not grow
/// with the list. A clip that cannot be read is left out and named in <see cref="Skipped"/>; only a list without a single
/// readable clip is an error.
/// </summary>
/// <remarks>Thread safety: an instance belongs to one thread at a time.</remarks>
public sealed class LabelledFrameReader
{
    /// <summary>Side of <see cref="LabelledFrameBatch.Thumbnails"/>.</summary>
    public const int ThumbnailSide = 16;

    /// <summary>Labels of pixels are below this: more would be instances or a picture, not structures.</summary>
    public const int MaximumStructures = 64;

    private readonly LabelledClipList _list;
    private readonly IReadOnlyList<int> _labels;
    private readonly LabelledFrameOptions _options;
    private readonly ClipPreprocessor _input;
    private readonly ClipPreprocessor _picture;
    private readonly ClipPreprocessor _thumbnail;
    private readonly List<SkippedClip> _skipped = [];

    /// <summary>Prepares a pass over a list.</summary>
    /// <param name="list">The clips.</param>
    /// <param name="labelNames">The labels that are known; a clip's label becomes its place among them.</param>
    /// <param name="preprocessing">How frames become network input.</param>
    /// <param name="options">What is taken of each clip.</param>
    /// <exception cref="DataException">A label is unknown.</exception>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public LabelledFrameReader(LabelledClipList list, IReadOnlyList<string> labelNames, Preprocessing preprocessing, LabelledFrameOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(labelNames);
        ArgumentNullException.ThrowIfNull(preprocessing);
        _options = options ?? new LabelledFrameOptions();
        OptionsValidator.Validate(_options, "labelled frames");
        (_list, _labels, LabelNames) = (list, list.LabelIndices(labelNames), [.. labelNames]);
        _input = new ClipPreprocessor(preprocessing);
        _picture = new ClipPreprocessor(preprocessing with { Grayscale = true });
        _thumbnail = new ClipPreprocessor(preprocessing with { Grayscale = true, ImageSize = ThumbnailSide });
    }

    /// <summary>The labels that are known.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Names of the values of masks, where they are known.</summary>
    public IReadOnlyList<string>? MaskNames => _list.MaskNames;

    /// <summary>Clips of the last pass that could not be read, with their reasons.</summary>
    public IReadOnlyList<SkippedClip> Skipped => _skipped;

    /// <summary>Reads all clips once.</summary>
    /// <param name="cancellationToken">Stops between clips.</param>
    /// <returns>Batches that the caller disposes, each before it asks for the next or when it is done with it.</returns>
    /// <exception cref="DataException">No clip can be read.</exception>
    public IEnumerable<LabelledFrameBatch> Read(CancellationToken cancellationToken = default)
    {
        _skipped.Clear();
        var pending = new List<Part>();
        try
        {
            for (int i = 0; i < _list.Clips.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TryRead(_list.Clips[i], _labels[i]) is { } part)
                {
                    pending.Add(part);
                }

                bool last = i == _list.Clips.Count - 1;
                if (pending.Sum(entry => entry.Count) >= _options.BatchSize || (last && pending.Count > 0))
                {
                    yield return Join(pending);
                    pending.Clear();
                }
            }
        }
        finally
        {
            pending.ForEach(part => part.Images_TCSS.Dispose());
        }

        if (_skipped.Count == _list.Clips.Count)
        {
            throw new DataException(_skipped[0].Path, $"{_skipped[0].Reason} None of the {_skipped.Count} clips of {_list.Source} can be read; this is the first.");
        }
    }

    private Part? TryRead(LabelledClip entry, int label)
    {
        try
        {
            var clip = ClipReader.Open(entry.Path);
            var frames = FrameSelection.Spread(clip.FrameCount, _options.FramesPerClip);
            byte[][] pictures = _options.Pictures ? [.. frames.Select(frame => _picture.ToPicture(clip, frame))] : [];
            byte[][] thumbnails = _options.Pictures ? [.. frames.Select(frame => _thumbnail.ToPicture(clip, frame))] : [];
            byte[]?[] masks = _options.Masks ? [.. ReadMasks(entry, clip, frames)] : [];
            return new Part(_input.ToTensor(clip, frames), label, entry.Group, frames.Count, pictures, thumbnails, masks);
        }
        catch (DataException error)
        {
            _skipped.Add(new SkippedClip(entry.Path, error.File == entry.Path ? error.Reason : error.Message));
            return null;
        }
    }

    private IEnumerable<byte[]?> ReadMasks(LabelledClip entry, EchoClip clip, IReadOnlyList<int> frames)
    {
        if (entry.Masks is not { } path)
        {
            return new byte[]?[frames.Count];
        }

        var masks = NumpyFile.Read<byte>(path);
        if (!masks.Shape.SequenceEqual([clip.FrameCount, clip.Height, clip.Width]))
        {
            throw new DataException(path, $"has shape [{string.Join(", ", masks.Shape)}], but {entry.Path} has {clip.FrameCount} frames of {clip.Height} x {clip.Width} pixels. Masks must have the shape [frames, height, width] of their clip.");
        }

        if (masks.Values.Max() is var top and >= MaximumStructures)
        {
            throw new DataException(path, $"holds the label {top}; labels of structures must be below {MaximumStructures}, 0 for the background.");
        }

        int area = clip.Height * clip.Width;
        return frames.Select(frame => (byte[]?)_input.ToMask(clip, masks.Values.AsSpan(frame * area, area)));
    }

    private static LabelledFrameBatch Join(List<Part> parts)
    {
        var images_BCSS = cat([.. parts.Select(part => part.Images_TCSS)]);
        parts.ForEach(part => part.Images_TCSS.Dispose());
        return new LabelledFrameBatch(
            images_BCSS,
            [.. parts.SelectMany(part => Enumerable.Repeat(part.Label, part.Count))],
            [.. parts.SelectMany(part => Enumerable.Repeat(part.Group, part.Count))])
        {
            Pictures = [.. parts.SelectMany(part => part.Pictures)],
            Thumbnails = [.. parts.SelectMany(part => part.Thumbnails)],
            Masks = [.. parts.SelectMany(part => part.Masks)],
        };
    }

    // What was read of one clip.
    private sealed record Part(Tensor Images_TCSS, int Label, string Group, int Count, byte[][] Pictures, byte[][] Thumbnails, byte[]?[] Masks);
}
