// Shape legend: T = frames, B = images, H, W = pixels, S = side of the square input, N = patches, D = feature dimension.
using System.Runtime.InteropServices;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Embedding;

/// <summary>Turns clips into embeddings with the encoder and the preprocessing of a model folder.</summary>
/// <remarks>Thread safety: an instance belongs to one thread at a time.</remarks>
public sealed class Embedder : IDisposable
{
    private const int DefaultBatchSize = 8;
    private readonly IBackbone _backbone;
    private readonly PreparedBackbone? _prepared;
    private readonly ClipPreprocessor _preprocessor;
    private readonly IDisposable? _owned;

    /// <summary>Uses an encoder that stays the caller's; it is put into evaluation mode.</summary>
    /// <param name="backbone">The encoder.</param>
    /// <param name="preprocessing">How frames become its input.</param>
    /// <exception cref="ConfigurationException">The preprocessing has faults or does not fit the encoder's patches.</exception>
    public Embedder(IBackbone backbone, Preprocessing preprocessing)
        : this(backbone, preprocessing, null, "preprocessing")
    {
    }

    private Embedder(IBackbone backbone, Preprocessing preprocessing, IDisposable? owned, string source, bool prepare = false)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(preprocessing);
        if (preprocessing.ImageSize % backbone.PatchSize != 0)
        {
            throw new ConfigurationException(source, $"preprocessing.image_size is {preprocessing.ImageSize}, which is no multiple of the encoder's patch of {backbone.PatchSize} pixels.");
        }

        (_preprocessor, _owned) = (new ClipPreprocessor(preprocessing), owned);
        backbone.Module.eval();
        _prepared = prepare ? InferenceModel.Prepare(backbone) : null;
        _backbone = _prepared ?? backbone;
    }

    /// <summary>D, the length of an embedding.</summary>
    public int Dimension => _backbone.FeatureDimension;

    /// <summary>Pixels between patches; the height and width of images must be multiples of it.</summary>
    public int PatchSize => _backbone.PatchSize;

    /// <summary>Channels of an image.</summary>
    public int Channels => _backbone.Config.InputChannels;

    /// <summary>The preprocessing of the model.</summary>
    public Preprocessing Preprocessing => _preprocessor.Preprocessing;

    /// <summary>Loads a model folder, prepared for inference (<see cref="InferenceModel.Prepare"/>).</summary>
    /// <exception cref="CheckpointException">A file of the folder is missing or damaged.</exception>
    /// <exception cref="ConfigurationException">Its config.json has faults.</exception>
    public static Embedder Load(string folder)
    {
        var model = ModelFolder.Load(folder);
        try
        {
            return new Embedder(model.Backbone, model.Preprocessing, model, folder, prepare: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Uses an encoder and disposes it in the end; it is put into evaluation mode.</summary>
    /// <param name="backbone">The encoder; disposed at once when the preprocessing does not fit.</param>
    /// <param name="preprocessing">How frames become its input.</param>
    /// <exception cref="ConfigurationException">The preprocessing has faults or does not fit the encoder's patches.</exception>
    public static Embedder Own(IBackbone backbone, Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        try
        {
            return new Embedder(backbone, preprocessing, backbone, "preprocessing");
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }

    /// <summary>Embeddings of a clip's frames.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frames">Zero-based frames, in any order; null for all.</param>
    /// <param name="batchSize">Images that go through the encoder at once; memory grows with it.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>[T, D], row by row.</returns>
    /// <exception cref="DataException">A frame cannot be decoded, or no sector was found.</exception>
    public float[] Embed(EchoClip clip, IReadOnlyList<int>? frames = null, int batchSize = DefaultBatchSize, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        frames ??= FrameSelection.Spread(clip.FrameCount, null);
        float[] result_TD = new float[frames.Count * Dimension];
        for (int start = 0; start < frames.Count; start += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] some = [.. frames.Skip(start).Take(batchSize)];
            using var images_BCSS = Prepare(clip, some);
            Embed(images_BCSS).Cls.CopyTo(result_TD.AsMemory(start * Dimension));
        }

        return result_TD;
    }

    /// <summary>Frames as network input, for a caller that fills its own batches.</summary>
    /// <returns>float32 [T, 3, S, S]; the caller disposes it.</returns>
    /// <exception cref="DataException">A frame cannot be decoded, or no sector was found.</exception>
    public Tensor Prepare(EchoClip clip, IReadOnlyList<int> frames) => _preprocessor.ToTensor(clip, frames);

    /// <summary>Embeddings of images that are prepared already.</summary>
    /// <param name="images_BCHW">Normalised images [B, 3, H, W], H and W multiples of <see cref="PatchSize"/>.</param>
    /// <param name="patches">Whether the patch tokens are returned too.</param>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public EmbeddingBatch Embed(Tensor images_BCHW, bool patches = false)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var features = _backbone.Extract(images_BCHW);
        int count = (int)features.Cls.shape[0];
        return new EmbeddingBatch(
            count,
            Dimension,
            ToArray(features.Cls),
            patches ? ToArray(features.Patches) : ReadOnlyMemory<float>.Empty,
            features.GridHeight,
            features.GridWidth);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prepared?.Dispose();
        _owned?.Dispose();
    }

    private static float[] ToArray(Tensor values)
    {
        using var plain = values.to(float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(plain.bytes).ToArray();
    }
}
