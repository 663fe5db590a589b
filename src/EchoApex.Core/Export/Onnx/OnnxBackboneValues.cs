namespace EchoApex.Core.Export.Onnx;

/// <summary>What an encoder says of images, inside a graph.</summary>
internal sealed class OnnxBackboneValues
{
    /// <summary>[B, D].</summary>
    public required OnnxValue Cls { get; init; }

    /// <summary>[B, N, D].</summary>
    public required OnnxValue Patches { get; init; }

    /// <summary>[B, R, D], or null.</summary>
    public OnnxValue? Registers { get; init; }

    /// <summary>Rows of the patch grid.</summary>
    public required int GridHeight { get; init; }

    /// <summary>Columns of the patch grid.</summary>
    public required int GridWidth { get; init; }

    /// <summary>Maps [B, C, h, w] of the stages that were asked for.</summary>
    public required IReadOnlyDictionary<int, OnnxValue> Stages { get; init; }
}
