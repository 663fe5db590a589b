using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>An encoder's arithmetic in its prepared form. Several threads may call it.</summary>
internal interface IPreparedNetwork : IDisposable
{
    /// <summary>See <see cref="IBackbone.Extract"/>; the shape was checked.</summary>
    BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN, int gridHeight, int gridWidth);

    /// <summary>See <see cref="IBackbone.ExtractIntermediate"/>; shape and stages were checked.</summary>
    IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm, int gridHeight, int gridWidth);
}
