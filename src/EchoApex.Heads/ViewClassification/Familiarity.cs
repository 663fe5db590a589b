// Shape legend: N = frames of the gallery, T = frames of a clip, D = feature dimension.
using System.Runtime.InteropServices;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using static TorchSharp.torch;

namespace EchoApex.Heads.ViewClassification;

/// <summary>
/// Tells clips that are like a model's training pictures from others, such as those of other organs: a classifier that knows views of the
/// heart alone calls everything one of them. The distance of a frame is the smallest cosine distance of its cls vector to those of
/// training frames (Sun et al., Out-of-distribution detection with deep nearest neighbors, ICML 2022); the limit is ours.
/// </summary>
public sealed class Familiarity
{
    /// <summary>The file in a model's folder.</summary>
    public const string FileName = "familiarity.safetensors";

    private const int LargestGallery = 1024;
    private const int FramesAClip = 6;
    private const double Margin = 1.5;

    private readonly float[] _gallery_ND;
    private readonly int _dimension;

    private Familiarity(float[] gallery_ND, int dimension, double limit) => (_gallery_ND, _dimension, Limit) = (gallery_ND, dimension, limit);

    /// <summary>Distance above which a clip is unfamiliar.</summary>
    public double Limit { get; }

    /// <summary>
    /// Makes it of a set: the gallery of training clips, the limit half as far again as the farthest validation clip (without
    /// validation clips, as the farthest training clip from all others).
    /// </summary>
    /// <param name="encoder">The encoder as it was fine-tuned.</param>
    /// <param name="preparation">How clips become input.</param>
    /// <param name="set">The data.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    /// <exception cref="DataException">There is no training clip that can be read.</exception>
    public static Familiarity Build(IBackbone encoder, ClipPreparation preparation, AnnotatedClipSet set, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(set);
        using var mode = new EvaluationMode(encoder.Module);
        var training = set.Of(DataSplit.Train).ToArray();
        int frames = Math.Max(1, Math.Min(2, LargestGallery / Math.Max(1, training.Length)));
        var gallery = Take(training, LargestGallery / frames).Select(clip => Vectors(encoder, preparation, clip, frames, cancellationToken)).OfType<float[]>().ToArray();
        if (gallery.Length == 0)
        {
            throw new DataException(set.Name, "has no training clip that can be read.");
        }

        var found = new Familiarity([.. gallery.SelectMany(vectors => vectors)], encoder.FeatureDimension, 0);
        double[] distances = [.. Take([.. set.Of(DataSplit.Validation)], 200).Select(clip => Vectors(encoder, preparation, clip, FramesAClip, cancellationToken)).OfType<float[]>().Select(found.Distance)];
        if (distances.Length < 2)
        {
            distances = [.. gallery.Select((own, i) => new Familiarity([.. gallery.Where((_, other) => other != i).SelectMany(vectors => vectors)], encoder.FeatureDimension, 0).Distance(own)).Where(double.IsFinite)];
        }

        return new Familiarity(found._gallery_ND, encoder.FeatureDimension, Margin * distances.DefaultIfEmpty(2).Max());
    }

    /// <summary>Judges a clip by up to six of its frames.</summary>
    /// <param name="encoder">The encoder that this was made with.</param>
    /// <param name="preparation">How clips become its input.</param>
    /// <param name="clip">The clip.</param>
    /// <exception cref="DataException">A frame cannot be decoded, or no sector was found.</exception>
    public FamiliarityScore Judge(IBackbone encoder, ClipPreparation preparation, EchoClip clip)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(clip);
        return new FamiliarityScore(Distance(Embed(encoder, preparation, [.. FrameSelection.Spread(clip.FrameCount, FramesAClip).Select(frame => preparation.Frame(clip, frame))])), Limit);
    }

    /// <summary>Writes it into a model's folder.</summary>
    public void Write(string folder)
    {
        using var flat = tensor(_gallery_ND);
        using var gallery_ND = flat.reshape(-1, _dimension);
        using var limit = tensor(new[] { Limit });
        SafetensorsWriter.Write(Path.Combine(folder, FileName), new Dictionary<string, Tensor> { ["gallery"] = gallery_ND, ["limit"] = limit });
    }

    /// <summary>Reads it from a model's folder; null where there is none.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static Familiarity? TryRead(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = SafetensorsFile.Open(path);
        if (!file.Tensors.ContainsKey("gallery") || !file.Tensors.ContainsKey("limit"))
        {
            throw new CheckpointException(path, "lacks 'gallery' or 'limit'. Take the model from its source again, or delete this file to do without it.");
        }

        using var gallery_ND = file.Read("gallery");
        using var limit = file.Read("limit");
        return new Familiarity(MemoryMarshal.Cast<byte, float>(gallery_ND.bytes).ToArray(), (int)gallery_ND.shape[1], limit.ReadDouble());
    }

    private static IEnumerable<AnnotatedClip> Take(AnnotatedClip[] clips, int count) =>
        clips.Length == 0 ? [] : FrameSelection.Spread(clips.Length, Math.Max(1, count)).Select(i => clips[i]);

    // A clip of the set that cannot be read was left out of the training too.
    private static float[]? Vectors(IBackbone encoder, ClipPreparation preparation, AnnotatedClip clip, int frames, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Embed(encoder, preparation, [.. FrameSelection.Spread(preparation.Open(clip).FrameCount, frames).Select(frame => preparation.Frame(clip, frame))]);
        }
        catch (DataException)
        {
            return null;
        }
    }

    private static float[] Embed(IBackbone encoder, ClipPreparation preparation, IReadOnlyList<PreparedFrame> frames)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var features = encoder.Extract(FrameBatch.Of(frames).ToImages(preparation.Normalizer));
        var unit_TD = nn.functional.normalize(features.Cls, dim: 1).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(unit_TD.bytes).ToArray();
    }

    private double Distance(float[] frames_TD)
    {
        int frames = frames_TD.Length / _dimension;
        double sum = 0;
        for (int t = 0; t < frames; t++)
        {
            var own = frames_TD.AsSpan(t * _dimension, _dimension);
            double best = double.NegativeInfinity;
            for (int n = 0; n < _gallery_ND.Length; n += _dimension)
            {
                best = Math.Max(best, VectorMath.Dot((ReadOnlySpan<float>)own, _gallery_ND.AsSpan(n, _dimension)));
            }

            sum += 1 - best;
        }

        return sum / frames;
    }
}
