// Shape legend: B = images, h, w = patch grid, H, W = masks, C = embedding dimension, F = channels of the high-resolution path, K = structures.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Says of each pixel which structure it shows, before any prompt: features of the patch grid, enlarged and joined with those of
/// the picture. Ours; the other parts of the head learn masks through a few mask vectors, which takes long.
/// </summary>
internal sealed class SemanticPath : nn.Module
{
    private const int Width = 32;

    [ComponentName(Name = "projection")]
    private readonly PatchConvolution _projection;

    [ComponentName(Name = "coarse")]
    private readonly ConvolutionUnit _coarse;

    [ComponentName(Name = "fine")]
    private readonly ConvolutionUnit _fine;

    [ComponentName(Name = "classifier")]
    private readonly PatchConvolution _classifier;

    [ComponentName(Name = "prior_scale")]
    private readonly Parameter _scale;

    /// <param name="options">The head's shape.</param>
    /// <param name="structures">K.</param>
    public SemanticPath(SegmentationOptions options, int structures)
        : base(nameof(SemanticPath))
    {
        _projection = new PatchConvolution(options.EmbedDim, Width, 1);
        _coarse = new ConvolutionUnit(Width, Width, 3);
        _fine = new ConvolutionUnit(Width + (options.HighResolution ? options.HighResolutionChannels : 0), Width, 3);
        _classifier = new PatchConvolution(Width, structures + 1L, 1);
        _scale = Core.Layers.Weights.Constant(1, 1);
        RegisterComponents();
    }

    /// <summary>How much the prior counts beside the decoder's masks.</summary>
    public Tensor Scale => _scale;

    /// <summary>Takes the prior out until training brings it back: imported decoder weights then give their own masks.</summary>
    public void Silence()
    {
        using var noGradient = no_grad();
        nn.init.zeros_(_scale);
    }

    /// <summary>Draws the weights of its units; the others are filled with the head's.</summary>
    public void Initialize(RandomStream random)
    {
        _coarse.Initialize(random);
        _fine.Initialize(random);
        using var noGradient = no_grad();
        nn.init.ones_(_scale);
    }

    /// <summary>Logits of background and structures, [B, 1 + K, H, W].</summary>
    /// <param name="image_BhwC">The neck's features.</param>
    /// <param name="half_BFHW">Features of the picture at the masks' size; null without a high-resolution path.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public Tensor Run(Tensor image_BhwC, Tensor? half_BFHW, long height, long width)
    {
        using var scope = NewDisposeScope();
        var map = _projection.forward(image_BhwC).permute(0, 3, 1, 2);
        map = _coarse.forward(Bilinear.Resize(map, (height + 1) / 2, (width + 1) / 2));
        map = Bilinear.Resize(map, height, width);
        map = _fine.forward(half_BFHW is null ? map : cat([map, half_BFHW], 1));
        return _classifier.forward(map.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
