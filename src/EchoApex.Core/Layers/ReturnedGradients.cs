using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// What the gradient functions of this library hand to libtorch. It takes its own reference, but only after the call:
/// ours are let go when the next function is called. Without that all gradients of a pass would live until the scope ends
/// in which the pass runs.
/// </summary>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static Tensor?[]? t_last;

    /// <summary>Lets go of what the last call on this thread returned.</summary>
    public static void Release()
    {
        foreach (var gradient in t_last ?? [])
        {
            gradient?.Dispose();
        }

        t_last = null;
    }

    /// <summary>The list to return; null where an input needs no gradient.</summary>
    public static List<Tensor> Hand(params Tensor?[] gradients)
    {
        Release();
        t_last = gradients;
        return [.. gradients.Select(gradient => gradient!)];
    }
}
