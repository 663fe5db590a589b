using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// Makes the tensors that layers own. TorchSharp's own layers draw random weights natively while they are built, about
/// 140 ms for a ViT-S, even when a file is about to overwrite them; these do not.
/// </summary>
internal static class Weights
{
    /// <summary>A parameter whose values are whatever the memory held.</summary>
    public static Parameter Uninitialized(params long[] shape) => Own(new Parameter(empty(shape, float32)));

    /// <summary>A parameter of one value.</summary>
    public static Parameter Constant(double value, params long[] shape) => Own(new Parameter(full(shape, value, float32)));

    /// <summary>A layer's tensors live as long as the layer, whatever dispose scope it was built in.</summary>
    public static T Own<T>(T tensor)
        where T : Tensor
    {
        tensor.DetachFromDisposeScope();
        return tensor;
    }
}
