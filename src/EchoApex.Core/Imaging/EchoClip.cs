using EchoApex.Core.Runtime;

namespace EchoApex.Core.Imaging;

/// <summary>
/// An echocardiographic clip: frames of T x H x W x C bytes (C 1 gray or 3 RGB) with what is known of their time and size.
/// What is not known stays absent. Immutable; frames may be decoded when they are asked for.
/// </summary>
/// <remarks>Thread safety: all members may be used from several threads.</remarks>
public sealed class EchoClip
{
    private readonly IFrameStore _frames;

    /// <summary>Creates a clip over a frame store.</summary>
    public EchoClip(IFrameStore frames, ClipOrigin origin)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(origin);
        (_frames, Origin) = (frames, origin);
    }

    /// <summary>Number of frames, at least 1.</summary>
    public int FrameCount => _frames.FrameCount;

    /// <summary>Rows of a frame.</summary>
    public int Height => _frames.Height;

    /// <summary>Columns of a frame.</summary>
    public int Width => _frames.Width;

    /// <summary>1 (gray) or 3 (red, green, blue).</summary>
    public int Channels => _frames.Channels;

    /// <summary>Bytes of one frame: Height x Width x Channels.</summary>
    public int FrameLength => Height * Width * Channels;

    /// <summary>Where the clip came from.</summary>
    public ClipOrigin Origin { get; }

    /// <summary>Time of each frame in ms from the first one; null when unknown. As many as frames.</summary>
    public IReadOnlyList<double>? FrameTimesMs { get; init; }

    /// <summary>Pixel spacing of the tissue image in mm; null when unknown.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Heart rate in beats per minute; null when unknown.</summary>
    public double? HeartRateBpm { get; init; }

    /// <summary>View label carried by the file, such as a DICOM view code's meaning; null when absent.</summary>
    public string? View { get; init; }

    /// <summary>Stage of a stress examination carried by the file, such as "PEAK"; null when absent.</summary>
    public string? Stage { get; init; }

    /// <summary>Scanner manufacturer and model; null when absent.</summary>
    public string? Scanner { get; init; }

    /// <summary>Calibrated regions of the frame; empty when none are given.</summary>
    public IReadOnlyList<UltrasoundRegion> Regions { get; init; } = [];

    /// <summary>What was removed or repaired on the way in, one sentence each: clamped regions, blanked text, missing frames.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Frames a second from the median frame interval; null when frame times are unknown.</summary>
    public double? FramesPerSecond
    {
        get
        {
            if (FrameTimesMs is not { Count: > 1 } times)
            {
                return null;
            }

            double[] intervals = [.. times.Zip(times.Skip(1), (a, b) => b - a).Order()];
            double median = intervals[intervals.Length / 2];
            return median > 0 ? 1000 / median : null;
        }
    }

    /// <summary>Writes one frame, Height x Width x Channels bytes, row by row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in [0, FrameCount).</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="DataException">The frame cannot be decoded.</exception>
    public void ReadFrame(int index, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, FrameCount);
        if (destination.Length < FrameLength)
        {
            throw new ArgumentException($"A frame needs {FrameLength} bytes, got {destination.Length}.", nameof(destination));
        }

        _frames.ReadFrame(index, destination);
    }

    /// <summary>One frame as a new array of Height x Width x Channels bytes.</summary>
    public byte[] ReadFrame(int index)
    {
        byte[] pixels = new byte[FrameLength];
        ReadFrame(index, pixels);
        return pixels;
    }

    /// <summary>The same clip description over other frames, for a step that changes pixels.</summary>
    /// <param name="frames">The new frames.</param>
    /// <param name="note">What was done, added to <see cref="Notes"/>; null to add nothing.</param>
    /// <param name="spacing">The spacing of the new frames.</param>
    /// <param name="regions">The regions of the new frames.</param>
    public EchoClip WithFrames(IFrameStore frames, string? note, PixelSpacing? spacing, IReadOnlyList<UltrasoundRegion> regions) =>
        new(frames, Origin)
        {
            FrameTimesMs = FrameTimesMs,
            Spacing = spacing,
            HeartRateBpm = HeartRateBpm,
            View = View,
            Stage = Stage,
            Scanner = Scanner,
            Regions = regions,
            Notes = note is null ? Notes : [.. Notes, note],
        };
}
