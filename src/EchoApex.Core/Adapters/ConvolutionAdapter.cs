// Shape legend: B = images, C = channels, r = width of the bottleneck, h, w = rows and columns.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Adapters;

/// <summary>
/// 1x1 down, ReLU, 3x3, ReLU, 1x1 up, times a factor, added to what a residual block returns. Ours, after Conv-Adapter (Chen
/// et al. 2024). Up starts at 0, so that a fresh adapter changes nothing.
/// </summary>
internal sealed class ConvolutionAdapter : nn.Module<Tensor, Tensor>
{
    /// <summary>Below this the gradient of a 3x3 convolution reads memory that nothing wrote (oneDNN 3.7 on AVX-512).</summary>
    public const int MinimumWidth = 16;

    private readonly double _scaleValue;
    private readonly double _dropout;
    private readonly RandomStream _random;

    [ComponentName(Name = "scale")]
    private readonly Parameter? _scale;

    [ComponentName(Name = "down_proj")]
    private readonly Convolution2d _down;

    [ComponentName(Name = "spatial")]
    private readonly Convolution2d _spatial;

    [ComponentName(Name = "up_proj")]
    private readonly Convolution2d _up;

    public ConvolutionAdapter(int channels, int bottleneck, AdapterOptions options, RandomStream random)
        : base(nameof(ConvolutionAdapter))
    {
        (_scaleValue, _dropout, _random) = (options.Scale, options.Dropout, random);
        _scale = options.LearnableScale ? Weights.Constant(options.Scale, 1) : null;
        _down = new Convolution2d(channels, bottleneck, 1, bias: true);
        _spatial = new Convolution2d(bottleneck, bottleneck, 3, padding: 1, bias: true);
        _up = new Convolution2d(bottleneck, channels, 1, bias: true);
        RegisterComponents();
        using var noGradient = no_grad();
        _down.InitializeUniform(random);
        _spatial.InitializeUniform(random);
        foreach (var parameter in _up.parameters())
        {
            nn.init.zeros_(parameter);
        }
    }

    /// <summary>C to r.</summary>
    public Convolution2d Down => _down;

    /// <summary>3x3.</summary>
    public Convolution2d Spatial => _spatial;

    /// <summary>r to C.</summary>
    public Convolution2d Up => _up;

    /// <summary>The factor of the output, as it is now.</summary>
    public double Scale => _scale?.ReadDouble() ?? _scaleValue;

    /// <summary>[B, C, h, w] to [B, C, h, w], the residual included.</summary>
    public override Tensor forward(Tensor x_BChw)
    {
        using var scope = NewDisposeScope();
        var inner_Brhw = _down.forward(x_BChw).relu();
        inner_Brhw = _spatial.forward(inner_Brhw).relu();
        if (training && _dropout > 0)
        {
            inner_Brhw = SeededDropout.Apply(inner_Brhw, _dropout, _random);
        }

        var output_BChw = _up.forward(inner_Brhw).As(x_BChw.dtype);
        output_BChw = _scale is null ? output_BChw.Times(_scaleValue) : output_BChw.mul(_scale);
        return x_BChw.Plus(output_BChw).MoveToOuterDisposeScope();
    }
}
