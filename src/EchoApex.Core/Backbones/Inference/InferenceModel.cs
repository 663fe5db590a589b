using EchoApex.Core.Backbones.ResNet;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>Prepares encoders for inference on the CPU.</summary>
public static class InferenceModel
{
    // Position tables of some weights are of 518 pixels, while pictures are of 224: a pass of the first would take long for nothing.
    private const int LargestWarmUp = 224;

    /// <summary>
    /// Copies an encoder into a form that is faster at inference: batch norm, LayerScale and LoRA merged into the weights, weights in
    /// oneDNN's own order, bias, GELU, ReLU and residual sums inside the products, channels last for a ResNet, no gradients.
    /// </summary>
    /// <param name="backbone">The encoder, adapters included, as it computes in evaluation mode. It stays the caller's and must outlive the result.</param>
    /// <param name="options">How; null takes float32.</param>
    /// <returns>
    /// An encoder of the same numbers within rounding. It is a snapshot: later changes of weights do not reach it. Where the fast form
    /// does not exist (another operating system or processor, weights on a GPU) the encoder itself is asked, without gradients, and
    /// where the processor has no bfloat16 products (<see cref="Supports"/>) it computes in float32; <see cref="PreparedBackbone.Report"/>
    /// says so and why. The caller disposes it; the encoder is not disposed with it.
    /// </returns>
    public static PreparedBackbone Prepare(IBackbone backbone, InferenceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        options ??= new InferenceOptions();
        backbone = backbone is PreparedBackbone prepared ? prepared.Original : backbone;
        if (options.KeepFreedMemory)
        {
            NativeAllocator.KeepFreedMemory();
        }

        if (WhyNot(backbone) is { } reason)
        {
            return new PreparedBackbone(backbone, null, options.Precision, new PreparationReport(false, $"{backbone.Config.Architecture} runs as it is: {reason}."));
        }

        var precision = Supports(options.Precision) ? options.Precision : Precision.Fp32;
        string summary = Describe(backbone, precision) + (precision == options.Precision ? "" : " Not in bfloat16: this processor has no products of it (AVX-512).");
        var result = new PreparedBackbone(backbone, Pack(backbone, precision), precision, new PreparationReport(true, summary));
        if (options.WarmUp)
        {
            WarmUp(result);
        }

        return result;
    }

    /// <summary>Whether encoders can be prepared in a format on this machine: bfloat16 needs Linux x64 and a processor with AVX-512.</summary>
    public static bool Supports(Precision precision) => precision == Precision.Fp32 || (DnnlPacking.WhyNot is null && DnnlProcessor.HasNarrowProducts);

    private static void WarmUp(PreparedBackbone prepared)
    {
        var config = prepared.Config;
        long side = Math.Max(1, Math.Min(config.ImageSize, LargestWarmUp) / prepared.PatchSize) * prepared.PatchSize;
        using var noGradient = no_grad();
        using var image = zeros(1, config.InputChannels, side, side);
        prepared.Extract(image).Dispose();
    }

    private static string? WhyNot(IBackbone backbone)
    {
        if (backbone is not (VisionTransformerBackbone or ResNetBackbone))
        {
            return $"encoders of type {backbone.GetType().Name} have no prepared form";
        }

        var weight = backbone.Module.parameters().First();
        return weight.device_type != DeviceType.CPU ? $"its weights are on {weight.device}"
            : weight.dtype != ScalarType.Float32 ? $"its weights are {weight.dtype}"
            : DnnlPacking.WhyNot;
    }

    private static IPreparedNetwork Pack(IBackbone backbone, Precision precision)
    {
        var type = precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        if (backbone is VisionTransformerBackbone transformer)
        {
            return new PackedTransformer(FoldedTransformer.Of(transformer), type);
        }

        using var folded = FoldedResNet.Of((ResNetBackbone)backbone);
        return new PackedResNet(folded, type);
    }

    private static string Describe(IBackbone backbone, Precision precision)
    {
        string format = precision == Precision.Bf16 ? "bfloat16" : "float32";
        return backbone is ResNetBackbone
            ? $"{backbone.Config.Architecture} in {format}: batch norms merged, channels last, weights packed for oneDNN, ReLU and sums fused."
            : $"{backbone.Config.Architecture} in {format}: LayerScale and LoRA merged, weights packed for oneDNN, GELU and sums fused.";
    }
}
