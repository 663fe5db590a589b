// Shape legend: B = images, H, W = pixels, N = patches.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>An encoder prepared for inference by <see cref="InferenceModel.Prepare"/>.</summary>
/// <remarks>
/// Features carry no gradients. Thread safety: several threads may encode at the same time; disposing must not overlap that.
/// </remarks>
public sealed class PreparedBackbone : IBackbone
{
    private readonly IPreparedNetwork? _network;
    private readonly Precision _precision;

    internal PreparedBackbone(IBackbone original, IPreparedNetwork? network, Precision precision, PreparationReport report)
    {
        (Original, _network, _precision, Report) = (original, network, precision, report);
    }

    /// <summary>The encoder that was prepared; the caller's.</summary>
    public IBackbone Original { get; }

    /// <summary>What preparing came to.</summary>
    public PreparationReport Report { get; }

    /// <inheritdoc/>
    public BackboneConfig Config => Original.Config;

    /// <summary>The network of <see cref="Original"/>: its parameters are those that were copied.</summary>
    public nn.Module Module => Original.Module;

    /// <inheritdoc/>
    public int FeatureDimension => Original.FeatureDimension;

    /// <inheritdoc/>
    public int PatchSize => Original.PatchSize;

    /// <inheritdoc/>
    public int StageCount => Original.StageCount;

    /// <summary>The format it computes in: that of <see cref="InferenceOptions"/> where the machine has it. Prepare again for another.</summary>
    /// <exception cref="InvalidOperationException">It is set to another format.</exception>
    public Precision Precision
    {
        get => _network is null ? Original.Precision : _precision;
        set
        {
            if (value != Precision)
            {
                throw new InvalidOperationException($"A prepared encoder keeps its format, {Precision}. Prepare the original again for {value}.");
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The shape does not fit, or masks are given to an encoder without a mask token.</exception>
    public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN = null)
    {
        using var noGradient = no_grad();
        if (_network is null)
        {
            return Original.Extract(images_BCHW, masks_BN);
        }

        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        ImageShape.CheckMasks(masks_BN, images_BCHW.shape[0], (long)height * width, Config is { Family: "vit", MaskToken: true }, Config.Architecture);
        return _network.Extract(images_BCHW, masks_BN, height, width);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The image's shape does not fit, or the stages are none, not ascending or out of range.</exception>
    public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm = true)
    {
        using var noGradient = no_grad();
        if (_network is null)
        {
            return Original.ExtractIntermediate(images_BCHW, stages, applyFinalNorm);
        }

        var (height, width) = ImageShape.Check(images_BCHW, Config.InputChannels, PatchSize, Config.Architecture);
        ImageShape.CheckStages(stages, StageCount);
        return _network.ExtractIntermediate(images_BCHW, stages, applyFinalNorm, height, width);
    }

    /// <summary>Frees the prepared weights; <see cref="Original"/> lives on.</summary>
    public void Dispose() => _network?.Dispose();
}
