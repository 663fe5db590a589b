using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Follows a structure through a clip (ours): it is prompted in one frame; every further frame is prompted by the mask of the
/// frame before, the box around it and the point deepest inside it.
/// </summary>
/// <remarks>Thread safety: that of its session, whose image changes with each frame.</remarks>
public sealed class ClipSegmenter
{
    private readonly SegmentationSession _session;
    private readonly ClipSegmenterOptions _options;

    /// <summary>Prepares a segmenter; the session stays the caller's.</summary>
    /// <param name="session">Answers the prompts.</param>
    /// <param name="options">How to follow; null for the defaults.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public ClipSegmenter(SegmentationSession session, ClipSegmenterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        (_session, _options) = (session, options ?? new ClipSegmenterOptions());
        OptionsValidator.Validate(_options, "clip segmenter");
    }

    /// <summary>Follows a structure, frame by frame as the result is enumerated.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frame">The frame that the prompt is about, from 0.</param>
    /// <param name="prompt">The structure in that frame.</param>
    /// <param name="lastFrame">The frame to stop after; one before <paramref name="frame"/> follows backwards in time.</param>
    /// <param name="cancellationToken">Stops between frames.</param>
    /// <returns>One mask a frame, the prompted frame first. It ends early, with an empty mask, where the structure is lost.</returns>
    /// <exception cref="DataException">A frame cannot be decoded.</exception>
    public IEnumerable<TrackedMask> Track(EchoClip clip, int frame, SegmentationPrompt prompt, int lastFrame, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(prompt);
        foreach (int index in new[] { frame, lastFrame })
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(frame));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, clip.FrameCount, nameof(frame));
        }

        return Follow(clip, frame, prompt, lastFrame, cancellationToken);
    }

    private IEnumerable<TrackedMask> Follow(EchoClip clip, int frame, SegmentationPrompt prompt, int lastFrame, CancellationToken cancellationToken)
    {
        int step = lastFrame < frame ? -1 : 1;
        for (int current = frame; ; current += step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _session.SetImage(clip, current);
            var mask = _session.Segment(prompt)[0];
            yield return new TrackedMask(current, mask);
            if (current == lastFrame || mask.IsEmpty)
            {
                yield break;
            }

            prompt = Next(mask);
        }
    }

    /// <summary>The prompt of the frame after a mask that is not empty.</summary>
    internal SegmentationPrompt Next(SegmentedMask mask)
    {
        var box = mask.Box!.Value;
        double across = (box.Right - box.Left + 1) * _options.BoxMargin;
        double down = (box.Bottom - box.Top + 1) * _options.BoxMargin;
        return new SegmentationPrompt
        {
            Points = [PromptSimulator.PointInside(mask.Pixels.Span, mask.Width, null)!.Value],
            Box = new PromptBox(
                Math.Max(0, box.Left - across), Math.Max(0, box.Top - down), Math.Min(mask.Width - 1, box.Right + across), Math.Min(mask.Height - 1, box.Bottom + down)),
            Previous = mask,
        };
    }
}
