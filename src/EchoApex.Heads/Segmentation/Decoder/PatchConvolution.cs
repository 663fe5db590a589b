// Shape legend: B = maps, h, w = rows and columns of the result, k = kernel side, I, O = input and output channels.
using EchoApex.Core.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// A convolution whose stride is its kernel, on maps with the channels last; keys "weight" [O, I, k, k] and "bias" [O].
/// Patches do not overlap, so it is a linear map of patches: faster than a convolution of few channels, and safe with any
/// number of them.
/// </summary>
internal sealed class PatchConvolution : nn.Module<Tensor, Tensor>
{
    private readonly long _kernel;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    public PatchConvolution(long inputChannels, long outputChannels, long kernel, bool bias = true)
        : base(nameof(PatchConvolution))
    {
        _kernel = kernel;
        _weight = Weights.Uninitialized(outputChannels, inputChannels, kernel, kernel);
        _bias = bias ? Weights.Constant(0, outputChannels) : null;
        RegisterComponents();
    }

    /// <summary>[B, h k, w k, I] to [B, h, w, O].</summary>
    public override Tensor forward(Tensor map_BHWI)
    {
        using var scope = NewDisposeScope();
        long[] shape = map_BHWI.shape;
        long outputs = _weight.shape[0];
        if (_kernel == 1)
        {
            return Linear.Apply(map_BHWI, _weight.reshape(outputs, shape[3]), _bias).MoveToOuterDisposeScope();
        }

        var (h, w) = (shape[1] / _kernel, shape[2] / _kernel);
        var patches = map_BHWI.reshape(shape[0], h, _kernel, w, _kernel, shape[3]).permute(0, 1, 3, 2, 4, 5).reshape(shape[0], h, w, -1);
        var weight = _weight.permute(0, 2, 3, 1).reshape(outputs, -1);
        return Linear.Apply(patches, weight, _bias).MoveToOuterDisposeScope();
    }
}
