// Shape legend: B = maps, h, w = rows and columns of the input, k = kernel side, I, O = input and output channels.
using EchoApex.Core.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// A transposed convolution whose stride is its kernel, on maps with the channels last; keys "weight" [I, O, k, k] and
/// "bias" [O]. Each pixel becomes k x k pixels by a linear map.
/// </summary>
internal sealed class TransposedPatchConvolution : nn.Module<Tensor, Tensor>
{
    private readonly long _kernel;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    public TransposedPatchConvolution(long inputChannels, long outputChannels, long kernel)
        : base(nameof(TransposedPatchConvolution))
    {
        _kernel = kernel;
        _weight = Weights.Uninitialized(inputChannels, outputChannels, kernel, kernel);
        _bias = Weights.Constant(0, outputChannels);
        RegisterComponents();
    }

    /// <summary>[B, h, w, I] to [B, h k, w k, O].</summary>
    public override Tensor forward(Tensor map_BhwI)
    {
        using var scope = NewDisposeScope();
        long[] shape = map_BhwI.shape;
        long outputs = _weight.shape[1];
        var weight = _weight.permute(2, 3, 1, 0).reshape(-1, shape[3]);
        var bias = _bias.repeat(_kernel * _kernel);
        return Linear.Apply(map_BhwI, weight, bias)
            .reshape(shape[0], shape[1], shape[2], _kernel, _kernel, outputs)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(shape[0], shape[1] * _kernel, shape[2] * _kernel, outputs)
            .MoveToOuterDisposeScope();
    }
}
