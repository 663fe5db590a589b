// Shape legend: B = images, T = tokens, D = token dimension, I, O = input and output features or channels, h = heads, d = D / h.
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Export.Onnx;

/// <summary>Layers of the networks as a few operators each.</summary>
internal static class OnnxLayers
{
    // Signed bytes of seven bits: processors without VNNI add two products of a byte and a signed byte in 16 bits, which overflow with eight.
    private const double LargestWeight = 63;

    /// <summary>x W^T + b, [..., I] to [..., O].</summary>
    /// <param name="x">The input.</param>
    /// <param name="weight_OI">W.</param>
    /// <param name="bias_O">b, or null.</param>
    /// <param name="quantization">How the product is computed.</param>
    public static OnnxValue Linear(this OnnxValue x, Tensor weight_OI, Tensor? bias_O, OnnxQuantization quantization = OnnxQuantization.None)
    {
        using var scope = NewDisposeScope();
        var product = quantization == OnnxQuantization.None
            ? x.MatMul(x.Graph.Constant(weight_OI.detach().t()))
            : DynamicProduct(x, weight_OI.detach());
        return bias_O is null ? product : product.Add(x.Graph.Constant(bias_O));
    }

    /// <summary>A folded linear map.</summary>
    public static OnnxValue Linear(this OnnxValue x, FoldedLinear layer, OnnxQuantization quantization = OnnxQuantization.None) =>
        x.Linear(layer.Weight, layer.Bias, quantization);

    /// <summary>Layer normalisation of the last axis.</summary>
    public static OnnxValue LayerNorm(this OnnxValue x, FoldedNorm norm) => x.LayerNorm(norm.Weight, norm.Bias, norm.Epsilon);

    /// <summary>Layer normalisation of the last axis.</summary>
    public static OnnxValue LayerNorm(this OnnxValue x, Tensor weight, Tensor bias, double epsilon) =>
        x.LayerNormalization(x.Graph.Constant(weight), x.Graph.Constant(bias), epsilon);

    /// <summary>The exact (erf) GELU.</summary>
    public static OnnxValue Gelu(this OnnxValue x) => x.Mul(x.Div(Math.Sqrt(2)).Erf().Add(1)).Mul(0.5);

    /// <summary>A folded convolution.</summary>
    public static OnnxValue Conv(this OnnxValue x, FoldedConvolution layer) =>
        x.Conv(x.Graph.Constant(layer.Weight), x.Graph.Constant(layer.Bias), layer.Stride, layer.Padding);

    /// <summary>Group normalisation of [B, C, h, w].</summary>
    public static OnnxValue GroupNorm(this OnnxValue x, long groups, Tensor weight_C, Tensor bias_C, double epsilon)
    {
        using var scope = NewDisposeScope();
        var (graph, channels) = (x.Graph, x.Size(1));
        var flat = x.Reshape(x.Shape[0], groups, channels / groups * x.Size(2) * x.Size(3));
        var normed = flat.InstanceNormalization(graph.Constant(ones(groups)), graph.Constant(zeros(groups)), epsilon).Reshape([.. x.Shape]);
        return normed.Mul(graph.Constant(weight_C.detach().view(-1, 1, 1))).Add(graph.Constant(bias_C.detach().view(-1, 1, 1)));
    }

    /// <summary>Splits [B, T, D] into heads, [B, h, T, d].</summary>
    public static OnnxValue ToHeads(this OnnxValue x, int heads) =>
        x.Reshape(x.Shape[0], x.Shape[1], heads, x.Size(2) / heads).Transpose(0, 2, 1, 3);

    /// <summary>Softmax(Q K^T + bias) V of heads, joined to [B, T, D]; the queries are scaled already.</summary>
    /// <param name="query_BhTd">Q.</param>
    /// <param name="key_BhSd">K.</param>
    /// <param name="value_BhSd">V.</param>
    /// <param name="bias">Added to the scores; null for none.</param>
    public static OnnxValue Attend(OnnxValue query_BhTd, OnnxValue key_BhSd, OnnxValue value_BhSd, OnnxValue? bias = null)
    {
        var scores = query_BhTd.MatMul(key_BhSd.Transpose(0, 1, 3, 2));
        var mixed = (bias is null ? scores : scores.Add(bias)).Softmax(-1).MatMul(value_BhSd).Transpose(0, 2, 1, 3);
        return mixed.Reshape(mixed.Shape[0], mixed.Shape[1], mixed.Size(2) * mixed.Size(3));
    }

    // Inputs as bytes with a scale of each call, weights as signed bytes with a scale of each output.
    private static OnnxValue DynamicProduct(OnnxValue x, Tensor weight_OI)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using Scalar low = -LargestWeight;
        using Scalar high = LargestWeight;
        using Scalar tiny = 1e-30;
        var scale_O = weight_OI.abs().amax([1]).DividedBy(LargestWeight).clamp_min(tiny);
        var bytes_IO = weight_OI.div(scale_O.unsqueeze(1)).round().clamp(low, high).to(ScalarType.Int8).t();
        var (graph, (input, inputScale, inputZero)) = (x.Graph, x.DynamicQuantizeLinear());
        var sums = input.MatMulInteger(graph.Constant(bytes_IO), inputZero).Cast(OnnxElementType.Float);
        return sums.Mul(inputScale.Mul(graph.Constant(scale_O)));
    }
}
