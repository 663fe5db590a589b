// Shape legend: I, O = input and output features.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A linear map whose weight lies in oneDNN's order, where that is known to be right.</summary>
internal sealed class PackedLinear : IDisposable
{
    // Rows at which oneDNN chooses the order; the same order serves any number at full speed.
    private const long ExpectedRows = 256;
    private const long ProbeRows = 3;
    private const long SafeOutputs = 64;

    private readonly Tensor _packed;
    private readonly Tensor _bias_O;

    /// <summary>Packs the weight; the folded map stays the caller's.</summary>
    public PackedLinear(FoldedLinear layer, ScalarType type)
        : this(layer.Weight, layer.Bias, type)
    {
    }

    /// <summary>Packs a weight; both tensors stay the caller's.</summary>
    public PackedLinear(Tensor weight_OI, Tensor bias_O, ScalarType type)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var plain_OI = weight_OI.to(type).contiguous();
        _packed = (Pack(plain_OI) ?? plain_OI.clone()).DetachFromDisposeScope();
        _bias_O = bias_O.to(type, copy: true).DetachFromDisposeScope();
    }

    /// <summary>[..., I] to [..., O].</summary>
    public Tensor Apply(Tensor input, DnnlPacking.Epilogue epilogue = DnnlPacking.Epilogue.None) => DnnlPacking.Linear(input, _packed, _bias_O, epilogue);

    /// <summary>[..., I] to [..., O], a tensor of that shape added.</summary>
    public Tensor ApplyPlus(Tensor input, Tensor summand) => DnnlPacking.LinearPlus(input, _packed, _bias_O, summand);

    /// <inheritdoc/>
    public void Dispose()
    {
        _packed.Dispose();
        _bias_O.Dispose();
    }

    // oneDNN 3.7 computes wrong products with packed weights of 48 or 144 outputs (AVX-512). Widths of networks are multiples of 64,
    // where it is right; a few rows are asked all the same. The same call takes a weight that is not packed.
    private static Tensor? Pack(Tensor plain_OI)
    {
        if (plain_OI.shape[0] % SafeOutputs != 0)
        {
            return null;
        }

        var packed = DnnlPacking.PackLinear(plain_OI, ExpectedRows);
        var probe_RI = arange(ProbeRows * plain_OI.shape[1], float32).Times(0.7).sin().reshape(ProbeRows, -1).to(plain_OI.dtype);
        var nothing_O = zeros([plain_OI.shape[0]], plain_OI.dtype);
        var found = DnnlPacking.Linear(probe_RI, packed, nothing_O, DnnlPacking.Epilogue.None);
        return PackingProbe.Agree(found, nn.functional.linear(probe_RI, plain_OI)) ? packed : null;
    }
}
