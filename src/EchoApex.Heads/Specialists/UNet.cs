// Shape legend: B = images, I = input channels, C = outputs, S = side of the square input, h, w = rows and columns of a level.
using EchoApex.Core.Configuration;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Bilinear = EchoApex.Heads.Segmentation.Decoder.Bilinear;

namespace EchoApex.Heads.Specialists;

/// <summary>
/// A small U-Net (Ronneberger, Fischer, Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation", figure 1):
/// levels of two 3x3 convolutions with max pooling between them, then up again, each level beside what it was on the way down.
/// </summary>
/// <remarks>
/// Ours: convolutions are padded, so that the output has the input's size, and followed by group normalisation; the way up is
/// bilinear instead of transposed. No 3x3 convolution has fewer than 16 channels (the input is filled up with zeros).
/// </remarks>
public sealed class UNet : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "down")]
    private readonly ModuleList<ConvolutionPair> _down;

    [ComponentName(Name = "up")]
    private readonly ModuleList<ConvolutionPair> _up;

    [ComponentName(Name = "output")]
    private readonly Convolution2d _output;

    /// <summary>Creates the network.</summary>
    /// <param name="outputs">C.</param>
    /// <param name="options">Its levels.</param>
    /// <param name="initialization">Draws the initial weights.</param>
    /// <exception cref="ConfigurationException">A width is out of range.</exception>
    public UNet(int outputs, UNetOptions options, RandomStream initialization)
        : base(nameof(UNet))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(initialization);
        OptionsValidator.Validate(options, "unet");
        (_down, _up) = ([], []);
        for (int level = 0; level < options.Widths.Count; level++)
        {
            _down.Add(new ConvolutionPair(level == 0 ? ChannelPadding.Channels : options.Widths[level - 1], options.Widths[level]));
        }

        // In the order of the levels, finest first; the coarsest has no way up.
        for (int level = 0; level < options.Widths.Count - 1; level++)
        {
            _up.Add(new ConvolutionPair(options.Widths[level] + options.Widths[level + 1], options.Widths[level]));
        }

        _output = new Convolution2d(options.Widths[0], outputs, 1, bias: true);
        RegisterComponents();
        foreach (var pair in _down.Concat(_up))
        {
            pair.Initialize(initialization);
        }

        _output.InitializeUniform(initialization);
    }

    /// <summary>Draws the outputs of images.</summary>
    /// <param name="images_BISS">Images [B, I, S, S] with 1 to 16 channels; S is at least 2 to the power of the levels.</param>
    /// <returns>Logits [B, C, S, S]; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The images have no or more than 16 channels, or are too small for the levels.</exception>
    public override Tensor forward(Tensor images_BISS)
    {
        ArgumentNullException.ThrowIfNull(images_BISS);
        long[] shape = images_BISS.shape;
        int least = 1 << _down.Count;
        if (shape.Length != 4 || shape[1] < 1 || shape[1] > ChannelPadding.Channels || shape[2] < least || shape[3] < least)
        {
            throw new ArgumentException($"A U-Net of {_down.Count} levels takes images [B, 1 to 16, >= {least}, >= {least}]; got [{string.Join(", ", shape)}].", nameof(images_BISS));
        }

        using var scope = NewDisposeScope();
        var map = ChannelPadding.Fill(images_BISS);
        var levels = new List<Tensor>(_down.Count);
        for (int level = 0; level < _down.Count; level++)
        {
            map = _down[level].forward(level == 0 ? map : nn.functional.max_pool2d(map, 2));
            levels.Add(map);
        }

        for (int level = _up.Count - 1; level >= 0; level--)
        {
            var skip = levels[level];
            map = _up[level].forward(cat([skip, Bilinear.Resize(map, skip.shape[2], skip.shape[3])], 1));
        }

        return _output.forward(map).MoveToOuterDisposeScope();
    }
}
