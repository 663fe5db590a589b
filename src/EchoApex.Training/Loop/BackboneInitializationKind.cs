namespace EchoApex.Training.Loop;

/// <summary>How the encoder's weights start.</summary>
public enum BackboneInitializationKind
{
    /// <summary>As the reference: a ViT normal with standard deviation 0.02, a ResNet by the outputs of each convolution (He et al. 2015).</summary>
    Reference,

    /// <summary>
    /// Ours, for narrow networks, which 0.02 starves: every linear map normal with 1/sqrt(fan in), the position table
    /// two-dimensional sines and cosines times 0.3.
    /// </summary>
    FanIn,

    /// <summary>
    /// Ours, for a ResNet from random weights: the reference's convolutions, but the last normalisation of each block starts
    /// with gain 0, so that every block begins as its shortcut (Goyal et al. 2017, arXiv 1706.02677, section 5.1). Fifty random
    /// layers with batch statistics make all images equally unlike; shortcuts alone keep what is alike together.
    /// </summary>
    ZeroResidual,
}
