// Shape legend: S = side of the square input, P = prompts (1), M = masks, H, W = size of the decoder's masks.
using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Interactive segmentation: an image is set once, which costs a pass of the encoder, and prompted many times, which costs the
/// decoder alone. Prompts and masks are in pixels of the frame as it is stored.
/// </summary>
/// <remarks>
/// Thread safety: a session belongs to one thread at a time. Several sessions, one a thread, may share an encoder and a head as
/// long as nobody trains them. The session keeps neither alive: dispose it before them.
/// </remarks>
public sealed class SegmentationSession : IDisposable
{
    private readonly IBackbone _encoder;
    private readonly SegmentationHead _head;
    private readonly ClipPreprocessor _preprocessor;
    private Image? _image;
    private bool _disposed;

    /// <summary>Prepares a session; encoder and head are put into evaluation mode.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="head">The head that was trained with it.</param>
    /// <param name="preprocessing">How the encoder's images are made: of its model folder. Colour is dropped, as in training.</param>
    /// <exception cref="ArgumentException">Encoder and head do not belong together.</exception>
    /// <exception cref="ConfigurationException">A value of the preprocessing is out of range.</exception>
    public SegmentationSession(IBackbone encoder, SegmentationHead head, Preprocessing preprocessing)
        : this(encoder, head, new ClipPreprocessor((preprocessing ?? throw new ArgumentNullException(nameof(preprocessing))) with { Grayscale = true }))
    {
    }

    /// <summary>A session that shares a preprocessor, and with it the sectors that it found.</summary>
    internal SegmentationSession(IBackbone encoder, SegmentationHead head, ClipPreprocessor preprocessor)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(head);
        if (head.FeatureDimension != encoder.FeatureDimension)
        {
            throw new ArgumentException($"The head takes features of {head.FeatureDimension} dimensions; the encoder gives {encoder.FeatureDimension}.", nameof(head));
        }

        (_encoder, _head, _preprocessor) = (encoder, head, preprocessor);
        encoder.Module.eval();
        head.eval();
    }

    /// <summary>Names of what can be segmented without points and boxes; empty for a head without class tokens.</summary>
    public IReadOnlyList<string> Structures => _head.Options.ClassTokens ? _head.Structures : [];

    /// <summary>Sets the image that prompts are about. Where it fails the image before stays.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frame">From 0.</param>
    /// <exception cref="DataException">The frame cannot be decoded, or no sector was found.</exception>
    public void SetImage(EchoClip clip, int frame = 0)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, clip.FrameCount);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var image_1CSS = _preprocessor.ToTensor(clip, [frame]).to(_head.Device);
        using var patches = _encoder.Extract(image_1CSS);
        var image = new Image(_head.Encode(patches, image_1CSS).Keep(), _preprocessor.Geometry(clip), clip.Height, clip.Width, clip.Spacing);
        _image?.Features.Dispose();
        _image = image;
    }

    /// <summary>Answers a prompt.</summary>
    /// <param name="prompt">What to segment.</param>
    /// <returns>
    /// Masks at the frame's size, the one that the head trusts most first: several for a single point, which may mean several
    /// things, one for every other prompt. A mask may be empty.
    /// </returns>
    /// <exception cref="InvalidOperationException">No image was set.</exception>
    /// <exception cref="ArgumentException">The prompt says nothing, lies outside the frame, or names a structure that the head does not know.</exception>
    public IReadOnlyList<SegmentedMask> Segment(SegmentationPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var image = _image ?? throw new InvalidOperationException($"Set an image before prompting: {nameof(SetImage)}.");
        var input = ToInput(prompt, image);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var output = _head.Decode(image.Features, PromptTensors.Create([input], PreviousMask(prompt.Previous, image.Features), _head.Device));
        float[] logits_MHW = PromptRounds.ToArray(output.Logits);
        float[] iou_M = PromptRounds.ToArray(output.Iou);
        int area = logits_MHW.Length / iou_M.Length;
        var answers = input.IsAmbiguous && prompt.Previous is null ? Enumerable.Range(1, iou_M.Length - 1).OrderByDescending(m => iou_M[m]) : Enumerable.Range(0, 1);
        return [.. answers.Select(m => ToMask(logits_MHW.AsSpan(m * area, area).ToArray(), iou_M[m], image))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _image?.Features.Dispose();
        _image = null;
    }

    private static SegmentedMask ToMask(float[] logits, double iou, Image image)
    {
        var features = image.Features;
        byte[] pixels = MaskRenderer.ToFrame(logits, features.MaskWidth, features.Height, features.Width, image.Geometry, image.Height, image.Width);
        return new SegmentedMask(pixels, image.Width, iou, image.Spacing, logits, features.MaskWidth);
    }

    private Tensor? PreviousMask(SegmentedMask? previous, SegmentationFeatures features)
    {
        if (previous is null)
        {
            return null;
        }

        if (previous.LogitsWidth != features.MaskWidth || previous.Logits.Length != features.MaskWidth * features.MaskHeight)
        {
            throw new ArgumentException("The mask before was made by a session of another input size.", nameof(previous));
        }

        var logits = tensor(previous.Logits, device: _head.Device).reshape(1, features.MaskHeight, features.MaskWidth);
        return SegmentationHead.ToMaskPrompt(logits, features);
    }

    private InputPrompt ToInput(SegmentationPrompt prompt, Image image)
    {
        if (prompt.Points.Count == 0 && prompt.Box is null && prompt.Structure is null && prompt.Previous is null)
        {
            throw new ArgumentException("A prompt needs a point, a box, a structure or a mask.", nameof(prompt));
        }

        foreach (var (x, y) in prompt.Points.Select(point => (point.X, point.Y)).Concat(Corners(prompt.Box)))
        {
            if (!(x >= -0.5 && y >= -0.5 && x <= image.Width - 0.5 && y <= image.Height - 0.5))
            {
                throw new ArgumentException($"The prompt's place ({x}, {y}) lies outside the frame of {image.Width} x {image.Height} pixels.", nameof(prompt));
            }
        }

        return new InputPrompt
        {
            Points = [.. prompt.Points.Select(point => ToInput(point, image.Geometry))],
            Box = prompt.Box is { } box ? ToInput(box, image.Geometry) : null,
            Structure = prompt.Structure is { } name ? StructureOf(name) : null,
        };
    }

    private static IEnumerable<(double X, double Y)> Corners(PromptBox? box) => box is { } given ? [(given.Left, given.Top), (given.Right, given.Bottom)] : [];

    private static PromptPoint ToInput(PromptPoint point, FrameGeometry geometry)
    {
        var (x, y) = geometry.ToInput(point.X, point.Y);
        return new PromptPoint(x, y, point.Inside);
    }

    private static PromptBox ToInput(PromptBox box, FrameGeometry geometry)
    {
        var (left, top) = geometry.ToInput(Math.Min(box.Left, box.Right), Math.Min(box.Top, box.Bottom));
        var (right, bottom) = geometry.ToInput(Math.Max(box.Left, box.Right), Math.Max(box.Top, box.Bottom));
        return new PromptBox(left, top, right, bottom);
    }

    private int StructureOf(string name)
    {
        int place = Structures.ToList().IndexOf(name);
        return place >= 0
            ? place
            : throw new ArgumentException(
                Structures.Count == 0 ? $"The head has no class tokens: it cannot segment '{name}' by name. Give a point or a box." : $"The head does not know '{name}'; it knows {string.Join(", ", Structures)}.",
                nameof(name));
    }

    private sealed record Image(SegmentationFeatures Features, FrameGeometry Geometry, int Height, int Width, PixelSpacing? Spacing);
}
