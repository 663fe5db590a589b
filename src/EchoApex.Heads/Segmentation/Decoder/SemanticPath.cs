// Shape legend: B = images, h, w = patch grid, H, W = masks, C = embedding dimension, F = channels of the high-resolution path, K = structures.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Says of each pixel which structure it shows, before any prompt. What the patch grid knows meets features of the picture itself at
/// a quarter of the masks' resolution, at half of it and at the whole, in the manner of a U-Net (Ronneberger et al. 2015) whose
/// deepest level is the encoder. Ours; the other parts of the head learn masks through a few mask vectors, which takes long.
/// </summary>
internal sealed class SemanticPath : nn.Module
{
    private const int Deep = 64;
    private const int Width = 32;

    [ComponentName(Name = "projection")]
    private readonly PatchConvolution _projection;

    [ComponentName(Name = "down_half")]
    private readonly ConvolutionUnit? _downHalf;

    [ComponentName(Name = "down_quarter")]
    private readonly ConvolutionUnit? _downQuarter;

    [ComponentName(Name = "coarse")]
    private readonly ConvolutionUnit _coarse;

    [ComponentName(Name = "middle")]
    private readonly ConvolutionUnit _middle;

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
        int picture = options.HighResolution ? options.HighResolutionChannels : 0;
        _projection = new PatchConvolution(options.EmbedDim, Deep, 1);
        _downHalf = options.HighResolution ? new ConvolutionUnit(picture, Width, 3, stride: 2) : null;
        _downQuarter = options.HighResolution ? new ConvolutionUnit(Width, Deep, 3, stride: 2) : null;
        _coarse = new ConvolutionUnit(Deep + (options.HighResolution ? Deep : 0), Deep, 3);
        _middle = new ConvolutionUnit(Deep + (options.HighResolution ? Width : 0), Width, 3);
        _fine = new ConvolutionUnit(Width + picture, Width, 3);
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
        foreach (var unit in new[] { _downHalf, _downQuarter, _coarse, _middle, _fine })
        {
            unit?.Initialize(random);
        }

        using var noGradient = no_grad();
        nn.init.ones_(_scale);
    }

    /// <summary>Logits of background and structures, [B, 1 + K, H, W].</summary>
    /// <param name="image_BhwC">The neck's features.</param>
    /// <param name="picture_BFHW">Features of the picture at the masks' size; null without a high-resolution path.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public Tensor Run(Tensor image_BhwC, Tensor? picture_BFHW, long height, long width)
    {
        using var scope = NewDisposeScope();
        var half = picture_BFHW is null ? null : _downHalf!.forward(picture_BFHW);
        var quarter = half is null ? null : _downQuarter!.forward(half);
        var (halfHeight, halfWidth) = ((height + 1) / 2, (width + 1) / 2);
        var map = _projection.forward(image_BhwC).permute(0, 3, 1, 2);
        map = Merge(_coarse, map, quarter, (halfHeight + 1) / 2, (halfWidth + 1) / 2);
        map = Merge(_middle, map, half, halfHeight, halfWidth);
        map = Merge(_fine, map, picture_BFHW, height, width);
        return _classifier.forward(map.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Merge(ConvolutionUnit unit, Tensor map, Tensor? picture, long height, long width)
    {
        var resized = Bilinear.Resize(map, height, width);
        return unit.forward(picture is null ? resized : cat([resized, picture], 1));
    }
}
