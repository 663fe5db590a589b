using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>Precision of whole networks, and casts between formats.</summary>
internal static class PrecisionLayers
{
    /// <summary>Tells every layer of a network.</summary>
    public static void SetPrecision(this nn.Module network, Precision precision)
    {
        foreach (var layer in network.modules().OfType<IPrecisionLayer>())
        {
            layer.Precision = precision;
        }
    }

    /// <summary>The same values in another format; a new handle in any case, with gradient.</summary>
    public static Tensor As(this Tensor tensor, ScalarType type) => tensor.dtype == type ? tensor.alias() : tensor.to(type);
}
