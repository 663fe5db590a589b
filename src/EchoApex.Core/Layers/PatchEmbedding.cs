// Shape legend: B = images, C = channels, H, W = pixels, P = patch side, N = patches (H/P x W/P, row by row), D = token dimension.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>Cuts images into patches and maps each to a token; a convolution with stride P in the reference's key names.</summary>
internal sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "proj")]
    private readonly Convolution2d _projection;

    public PatchEmbedding(int inputChannels, int patchSize, int embedDim)
        : base(nameof(PatchEmbedding))
    {
        _projection = new Convolution2d(inputChannels, embedDim, patchSize, stride: patchSize, bias: true);
        RegisterComponents();
    }

    /// <summary>The convolution.</summary>
    public Convolution2d Projection => _projection;

    /// <summary>The format of the convolution.</summary>
    public Precision Precision => _projection.Precision;

    /// <summary>PyTorch's default convolution weights: the reference re-initialises Linear layers alone.</summary>
    public void Initialize(RandomStream random) => _projection.InitializeUniform(random);

    /// <summary>[B, C, H, W] to [B, N, D].</summary>
    public override Tensor forward(Tensor images_BCHW)
    {
        using var map_BDhw = _projection.forward(images_BCHW);
        using var flat_BDN = map_BDhw.flatten(2);
        return flat_BDN.transpose(1, 2);
    }
}
