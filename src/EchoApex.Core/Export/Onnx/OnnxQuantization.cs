namespace EchoApex.Core.Export.Onnx;

/// <summary>How an exported model computes its linear layers.</summary>
public enum OnnxQuantization
{
    /// <summary>In float32.</summary>
    None,

    /// <summary>
    /// The linear layers of the encoder's blocks with weights in signed bytes, a scale for each output, and inputs turned into
    /// bytes at each call by their range. A quarter of the size, and faster; the results differ in the second or third digit.
    /// </summary>
    DynamicInt8,
}
