using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>A clip on its way into a shard.</summary>
public sealed record ShardClip
{
    /// <summary>Most characters of a key: with its suffixes it must fit the 100 bytes of a tar name.</summary>
    public const int LongestKey = 80;

    /// <summary>Most bytes, in UTF-8, of a patient's name.</summary>
    public const int LongestPatient = 1024;

    /// <summary>
    /// The clip's name, unique in a set: 1 to 80 letters, digits, '-' and '_', the first a letter or digit. Readers of WebDataset
    /// end a key at its first dot, so that a key has none.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>
    /// The patient, as a pseudonym: it is written as it is. Null when unknown; the clip then counts as a patient of its own.
    /// </summary>
    public string? Patient { get; init; }

    /// <summary>The frames: gray, 0 outside the sector, 1 to 255 inside, the same sector in all. At most 65,535 frames, sides up to 4,096.</summary>
    public required SectorFrames Frames { get; init; }

    /// <summary>Time of each frame in ms from the first one; null when unknown.</summary>
    public IReadOnlyList<double>? FrameTimesMs { get; init; }

    /// <summary>Spacing of the stored pixels, after any resizing; null when unknown.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>View; null when unknown.</summary>
    public string? View { get; init; }

    /// <summary>Scanner; null when unknown.</summary>
    public string? Scanner { get; init; }

    /// <summary>Anything else worth keeping, written as strings in the order of the names; it must identify nobody.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether a text may be a key.</summary>
    public static bool IsKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= LongestKey && char.IsAsciiLetterOrDigit(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
    }

    /// <exception cref="DataException">A property does not fit a shard.</exception>
    internal void Validate()
    {
        string fault =
            !IsKey(Key) ? $"is no key for a shard; use 1 to {LongestKey} letters, digits, '-' and '_', the first a letter or digit."
            : Patient is not null && System.Text.Encoding.UTF8.GetByteCount(Patient) > LongestPatient ? $"has a patient of {Patient.Length} characters; the limit is {LongestPatient} bytes."
            : Frames.FrameCount > ShardLayout.MostFrames ? $"has {Frames.FrameCount} frames; a clip in a shard has at most {ShardLayout.MostFrames}. Split it or leave frames out."
            : Frames.Height > ShardLayout.LongestSide || Frames.Width > ShardLayout.LongestSide ? $"has frames of {Frames.Height} x {Frames.Width}; sides are limited to {ShardLayout.LongestSide}. Shrink it first."
            : FrameTimesMs is { } times && times.Count != Frames.FrameCount ? $"has {Frames.FrameCount} frames but {times.Count} frame times; give one a frame, or none."
            : FrameTimesMs is { } values && !values.All(double.IsFinite) ? "has a frame time that is not a finite number; give none when they are unknown."
            : Spacing is { } spacing && !(spacing.XMm > 0 && spacing.YMm > 0 && double.IsFinite(spacing.XMm + spacing.YMm)) ? $"has a pixel spacing of {spacing.XMm} x {spacing.YMm} mm; it must be positive, or null when unknown."
            : Attributes.Count > ShardLayout.MostAttributes ? $"has {Attributes.Count} attributes; the limit is {ShardLayout.MostAttributes}."
            : "";
        if (fault.Length > 0)
        {
            throw new DataException(Key, fault);
        }
    }
}
