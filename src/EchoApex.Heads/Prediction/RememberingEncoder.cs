using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Prediction;

/// <summary>An encoder that is not asked again for the images it was asked for last: several tasks that share it then cost one pass a frame.</summary>
/// <remarks>Thread safety: an instance belongs to one thread at a time. The encoder stays the caller's.</remarks>
internal sealed class RememberingEncoder(IBackbone encoder) : IBackbone
{
    private Tensor? _images;
    private BackboneFeatures? _features;

    /// <summary>The encoder that is asked.</summary>
    public IBackbone Original => encoder;

    /// <summary>How often it was asked.</summary>
    public int Passes { get; private set; }

    public BackboneConfig Config => encoder.Config;

    public nn.Module Module => encoder.Module;

    public int FeatureDimension => encoder.FeatureDimension;

    public int PatchSize => encoder.PatchSize;

    public int StageCount => encoder.StageCount;

    public Precision Precision
    {
        get => encoder.Precision;
        set => encoder.Precision = value;
    }

    public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN = null)
    {
        if (masks_BN is not null)
        {
            return encoder.Extract(images_BCHW, masks_BN);
        }

        if (_images is null || !_images.shape.SequenceEqual(images_BCHW.shape) || !_images.Equals(images_BCHW))
        {
            Dispose();
            Passes++;
            _features = encoder.Extract(images_BCHW);
            _images = images_BCHW.clone().DetachFromDisposeScope();
            foreach (var tensor in new[] { _features.Cls, _features.Patches, _features.Registers, _features.Prenorm }.OfType<Tensor>())
            {
                tensor.DetachFromDisposeScope();
            }
        }

        var known = _features!;
        return new BackboneFeatures(known.Cls.alias(), known.Patches.alias(), known.GridHeight, known.GridWidth, known.Registers?.alias(), known.Prenorm?.alias());
    }

    public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm = true) =>
        encoder.ExtractIntermediate(images_BCHW, stages, applyFinalNorm);

    /// <summary>Forgets what it remembers; the encoder lives on.</summary>
    public void Dispose()
    {
        _images?.Dispose();
        _features?.Dispose();
        (_images, _features) = (null, null);
    }
}
