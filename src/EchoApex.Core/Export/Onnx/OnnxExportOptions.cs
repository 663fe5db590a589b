using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Export.Onnx;

/// <summary>How a model is written as ONNX.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>How linear layers are computed.</summary>
    public OnnxQuantization Quantization { get; init; }

    /// <summary>
    /// Side in pixels of the square images that the file takes, a multiple of the encoder's patch; null takes the one of the model's
    /// preprocessing. Position embeddings are resized to it once, here: a file is for one size.
    /// </summary>
    [Range(1, 4096)]
    public int? ImageSize { get; init; }
}
