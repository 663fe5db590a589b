// Shape legend: B = images, I, O = input and output channels, H, W = rows and columns.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A 1x1 convolution as a packed linear map of pixels, for maps with channels last in memory. With a stride pixels are left out first.</summary>
internal sealed class PackedPixelMap : IDisposable
{
    private readonly PackedLinear _map;
    private readonly long _stride;

    /// <summary>Packs the weight; the folded convolution stays the caller's.</summary>
    public PackedPixelMap(FoldedConvolution layer, ScalarType type)
    {
        using var weight_OI = layer.Weight.flatten(1);
        _map = new PackedLinear(weight_OI, layer.Bias, type);
        _stride = layer.Stride;
    }

    /// <summary>[B, I, H, W] to [B, O, H / stride, W / stride].</summary>
    public Tensor Apply(Tensor input_BIHW, DnnlPacking.Epilogue epilogue)
    {
        using var scope = NewDisposeScope();
        return _map.Apply(Pixels(input_BIHW), epilogue).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _map.Dispose();

    private Tensor Pixels(Tensor input_BIHW)
    {
        var pixels_BHWI = input_BIHW.permute(0, 2, 3, 1);
        return _stride == 1 ? pixels_BHWI : pixels_BHWI.slice(1, 0, pixels_BHWI.shape[1], _stride).slice(2, 0, pixels_BHWI.shape[2], _stride).contiguous();
    }
}
