namespace EchoApex.Core.Adapters;

/// <summary>What of an encoder is trained while the rest stays as it is.</summary>
public enum AdapterKind
{
    /// <summary>Nothing: the head alone learns.</summary>
    None,

    /// <summary>A bottleneck beside the MLP of each block (Chen et al. 2022, AdaptFormer; parallel). ViT only.</summary>
    AdaptFormer,

    /// <summary>A bottleneck after the attention and one after the MLP of each block (Houlsby et al. 2019; sequential). ViT only.</summary>
    Houlsby,

    /// <summary>A product of two narrow matrices added to the projections of attention (Hu et al. 2022, LoRA). ViT only; it can be merged.</summary>
    Lora,

    /// <summary>The encoder's own biases (Ben Zaken et al. 2022, BitFit).</summary>
    BitFit,

    /// <summary>A convolutional bottleneck after each residual block. ResNet only; ours, after Conv-Adapter (Chen et al. 2024).</summary>
    Convolution,
}
