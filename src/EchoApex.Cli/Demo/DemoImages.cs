// Shape legend: N = frames of all clips, S = side of an encoder's input.
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Sources;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Cli.Demo;

/// <summary>A few frames of each clip, prepared once for all encoders, and the same frames as small gray pictures.</summary>
internal sealed class DemoImages : IDisposable
{
    private const int PixelSide = 16;

    private DemoImages(Tensor images_NCSS, float[] pixels, int[] labels, string[] groups) =>
        (Input, PixelValues, Labels, Groups) = (images_NCSS, pixels, labels, groups);

    /// <summary>Length of a row of <see cref="PixelValues"/>.</summary>
    public static int PixelDimension => PixelSide * PixelSide;

    /// <summary>Network input [N, 3, S, S].</summary>
    public Tensor Input { get; }

    /// <summary>Gray values 0 to 1 of the sector-cropped frames at 16 x 16, row by row.</summary>
    public float[] PixelValues { get; }

    /// <summary>The view of each frame.</summary>
    public int[] Labels { get; }

    /// <summary>The clip of each frame.</summary>
    public string[] Groups { get; }

    /// <summary>Reads the clips.</summary>
    public static DemoImages Read(DemoSet set, Preprocessing preprocessing, int frames, CancellationToken cancellationToken)
    {
        var forEncoder = new ClipPreprocessor(preprocessing);
        var forPixels = new ClipPreprocessor(preprocessing with { ImageSize = PixelSide });
        var labels = new List<int>();
        var groups = new List<string>();
        var pixels = new List<float>();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        for (int i = 0; i < set.Paths.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var clip = ClipReader.Open(set.Paths[i]);
            var picked = FrameSelection.Spread(clip.FrameCount, frames);
            parts.Add(forEncoder.ToTensor(clip, picked));
            pixels.AddRange(picked.SelectMany(frame => forPixels.ToPicture(clip, frame)).Select(pixel => pixel / 255f));
            labels.AddRange(Enumerable.Repeat(set.Labels[i], picked.Count));
            groups.AddRange(Enumerable.Repeat(set.Paths[i], picked.Count));
        }

        return new DemoImages(cat(parts).MoveToOuterDisposeScope(), [.. pixels], [.. labels], [.. groups]);
    }

    /// <inheritdoc/>
    public void Dispose() => Input.Dispose();
}
