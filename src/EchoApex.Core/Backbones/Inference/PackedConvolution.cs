// Shape legend: B = images, I, O = input and output channels, H, W = rows and columns.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A convolution of a kernel above 1x1 whose weight lies in oneDNN's order, for maps with channels last in memory.</summary>
internal sealed class PackedConvolution : IDisposable
{
    private readonly Tensor _packed;
    private readonly Tensor _bias_O;
    private readonly long _stride;
    private readonly long _padding;

    /// <summary>Packs the weight; the folded convolution stays the caller's.</summary>
    /// <param name="layer">The convolution.</param>
    /// <param name="side">Rows and columns of the maps to expect; others work too.</param>
    /// <param name="type">The format.</param>
    public PackedConvolution(FoldedConvolution layer, long side, ScalarType type)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var weight = layer.Weight.to(type);
        (_stride, _padding) = (layer.Stride, layer.Padding);
        _bias_O = layer.Bias.to(type, copy: true).DetachFromDisposeScope();
        _packed = (Pack(weight, side) ?? weight.clone()).DetachFromDisposeScope();
        OutputSide = ((side + (2 * _padding) - weight.shape[2]) / _stride) + 1;
    }

    /// <summary>Rows and columns of its results for the expected inputs.</summary>
    public long OutputSide { get; }

    /// <summary>[B, I, H, W] to [B, O, H', W'].</summary>
    public Tensor Apply(Tensor input, DnnlPacking.Epilogue epilogue) => DnnlPacking.Convolution(input, _packed, _bias_O, _stride, _padding, epilogue);

    /// <inheritdoc/>
    public void Dispose()
    {
        _packed.Dispose();
        _bias_O.Dispose();
    }

    // A weight that is not packed serves the same call.
    private Tensor? Pack(Tensor weight_OIKK, long side)
    {
        var packed = DnnlPacking.PackConvolution(weight_OIKK, _stride, _padding, [1, weight_OIKK.shape[1], side, side]);
        long probeSide = weight_OIKK.shape[2] + 1;
        var values = arange(weight_OIKK.shape[1] * probeSide * probeSide, float32).Times(0.7).sin().to(weight_OIKK.dtype);
        var probe_1HWI = values.reshape(1, probeSide, probeSide, -1);
        var last = probe_1HWI.permute(0, 3, 1, 2);
        var found = DnnlPacking.Convolution(last, packed, _bias_O, _stride, _padding, DnnlPacking.Epilogue.None);
        var expected = nn.functional.conv2d(last.contiguous(), weight_OIKK, _bias_O, [_stride, _stride], [_padding, _padding]);
        return PackingProbe.Agree(found, expected) ? packed : null;
    }
}
