using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>Whether what packed weights compute is what plain ones do: a wrong order gives other numbers without any error.</summary>
internal static class PackingProbe
{
    /// <summary>Compares two results of the same product.</summary>
    public static bool Agree(Tensor found, Tensor expected)
    {
        using var scope = NewDisposeScope();
        double tolerance = found.dtype == ScalarType.BFloat16 ? 0.05 : 1e-4;
        double difference = (found.to(float32) - expected.to(float32)).abs().max().ReadDouble();
        double largest = expected.to(float32).abs().max().ReadDouble();
        return difference <= tolerance * largest;
    }
}
