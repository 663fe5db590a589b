// Shape legend: B = images, H, W = input pixels, K = landmarks, h, w = H, W / heat map stride, C = channels of an encoder stage,
// F = width of the pyramid, S = width of the stem; a level l of the pyramid has the stride (heat map stride) * 2^l.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Heads.Measurement;

/// <summary>
/// A multi-scale convolutional decoder from an encoder's stages to one heat map a landmark. Each stage is projected and resized
/// to its level of a feature pyramid, where it meets a light convolutional stem over the image (a ViT's patch grid alone is too
/// coarse to place a wall); levels are merged from coarse to fine.
/// </summary>
/// <remarks>
/// The pyramid is in the manner of FPN (Lin et al. 2017) and, for a ViT's stages of one size, of DPT (Ranftl et al. 2021).
/// No convolution has fewer than 16 channels: oneDNN's gradients of 3x3 convolutions below that are not finite on some
/// processors. The image enters as 2x2 blocks of 3 channels, filled up with zeros from 12 to 16.
/// </remarks>
public sealed class MeasurementHead : nn.Module
{
    private const int BlockSide = 2;

    private readonly int[] _stages;

    [ComponentName(Name = "stem")]
    private readonly ModuleList<ConvolutionUnit> _stem;

    [ComponentName(Name = "lateral")]
    private readonly ModuleList<ConvolutionUnit> _lateral;

    [ComponentName(Name = "detail")]
    private readonly ModuleList<ConvolutionUnit> _detail;

    [ComponentName(Name = "merge")]
    private readonly ModuleList<ConvolutionUnit> _merge;

    [ComponentName(Name = "heatmaps")]
    private readonly Linear _heatmaps;

    /// <summary>Creates the head for an encoder.</summary>
    /// <param name="encoder">The encoder's shape.</param>
    /// <param name="stageCount">The encoder's <see cref="IBackbone.StageCount"/>.</param>
    /// <param name="options">The head's shape.</param>
    /// <param name="initialization">Draws the initial weights.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or names a stage that the encoder has not.</exception>
    public MeasurementHead(BackboneConfig encoder, int stageCount, MeasurementHeadOptions options, RandomStream initialization)
        : base(nameof(MeasurementHead))
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(initialization);
        OptionsValidator.Validate(options, "measurement.head");
        Options = options;
        _stages = options.Stages.Count > 0 ? [.. options.Stages] : Spread(stageCount);
        if (_stages[^1] >= stageCount)
        {
            throw new ConfigurationException("measurement.head", [$"stages: {_stages[^1]} does not exist: the encoder has stages 0 to {stageCount - 1}."]);
        }

        (_stem, _lateral, _detail, _merge) = ([], [], [], []);
        int leading = options.HeatmapStride / 4;
        for (int i = 0; i < leading + _stages.Length; i++)
        {
            _stem.Add(new ConvolutionUnit(i == 0 ? ChannelPadding.Channels : options.StemWidth, options.StemWidth, 3, stride: i == 0 ? 1 : 2));
        }

        foreach (int stage in _stages)
        {
            _lateral.Add(new ConvolutionUnit(Channels(encoder, stage), options.Width, 1));
            _detail.Add(new ConvolutionUnit(options.StemWidth, options.Width, 1));
            _merge.Add(new ConvolutionUnit(options.Width, options.Width, 3));
        }

        // As a linear map over the channels: a convolution to six maps would have fewer than 16 channels.
        _heatmaps = new Linear(options.Width, options.Landmarks.Count);
        RegisterComponents();
        foreach (var unit in new[] { _stem, _lateral, _detail, _merge }.SelectMany(units => units))
        {
            unit.Initialize(initialization);
        }

        _heatmaps.Initialize(initialization);
    }

    /// <summary>The head's shape.</summary>
    public MeasurementHeadOptions Options { get; }

    /// <summary>The encoder stages that it reads, ascending.</summary>
    public IReadOnlyList<int> Stages => _stages;

    /// <summary>Encodes images and computes their heat maps, as logits: a softmax over h x w makes a map a distribution.</summary>
    /// <param name="encoder">The encoder that the head was made for.</param>
    /// <param name="images_BCHW">Normalised images [B, 3, H, W].</param>
    /// <returns>[B, K, h, w]; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The images do not fit the encoder.</exception>
    public Tensor Heatmaps(IBackbone encoder, Tensor images_BCHW)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(images_BCHW);
        var features = encoder.ExtractIntermediate(images_BCHW, _stages);
        try
        {
            return Heatmaps([.. features.Select(stage => stage.Map)], images_BCHW);
        }
        finally
        {
            foreach (var stage in features)
            {
                stage.Dispose();
            }
        }
    }

    /// <summary>Computes heat maps from stages that are there already.</summary>
    /// <param name="maps_BChw">One map a stage of <see cref="Stages"/>.</param>
    /// <param name="images_BCHW">The images that they came from.</param>
    /// <returns>Logits [B, K, h, w]; the caller disposes them.</returns>
    public Tensor Heatmaps(IReadOnlyList<Tensor> maps_BChw, Tensor images_BCHW)
    {
        ArgumentNullException.ThrowIfNull(maps_BChw);
        ArgumentNullException.ThrowIfNull(images_BCHW);
        if (maps_BChw.Count != _stages.Length)
        {
            throw new ArgumentException($"The head reads {_stages.Length} stages; got {maps_BChw.Count} maps.", nameof(maps_BChw));
        }

        using var scope = NewDisposeScope();
        var details = Details(images_BCHW);
        Tensor? merged_BFhw = null;
        for (int level = _stages.Length - 1; level >= 0; level--)
        {
            var detail_BFhw = _detail[level].forward(details[level]);
            long[] size = [detail_BFhw.shape[2], detail_BFhw.shape[3]];
            var sum_BFhw = detail_BFhw.Plus(Resize(_lateral[level].forward(maps_BChw[level]), size));
            merged_BFhw = _merge[level].forward(merged_BFhw is null ? sum_BFhw : sum_BFhw.Plus(Resize(merged_BFhw, size)));
        }

        var logits_BhwK = _heatmaps.forward(merged_BFhw!.permute(0, 2, 3, 1).contiguous());
        return logits_BhwK.permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }

    // The stem's maps at the strides of the levels, finest first.
    private List<Tensor> Details(Tensor images_BCHW)
    {
        var map = ChannelPadding.Fill(nn.functional.pixel_unshuffle(images_BCHW, BlockSide));
        var details = new List<Tensor>(_stem.Count);
        foreach (var unit in _stem)
        {
            map = unit.forward(map);
            details.Add(map);
        }

        return details[(details.Count - _stages.Length)..];
    }

    private static Tensor Resize(Tensor map_BChw, long[] size) =>
        map_BChw.shape[2] == size[0] && map_BChw.shape[3] == size[1]
            ? map_BChw
            : nn.functional.interpolate(map_BChw, size, null, InterpolationMode.Bilinear, align_corners: false);

    private static int Channels(BackboneConfig encoder, int stage) =>
        encoder.Family == "resnet" ? encoder.FeatureDimension >> (3 - stage) : encoder.FeatureDimension;

    private static int[] Spread(int stageCount)
    {
        int count = Math.Min(4, stageCount);
        return [.. Enumerable.Range(1, count).Select(i => (i * stageCount / count) - 1)];
    }
}
