using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Specialists;

/// <summary>Looks at the gradients of networks from scratch.</summary>
internal static class Gradients
{
    // Freed blocks of these numbers of values are what the next tensors of a small network get.
    private static readonly long[] Sizes = [256, 1024, 4096, 8192, 16384, 32768, 65536, 131072];

    /// <summary>Computes gradients again and again in memory that held NaN; says which parameters were not reached or not finite.</summary>
    public static List<string> Faults(nn.Module network, Func<Tensor> loss, int tries)
    {
        var faults = new List<string>();
        for (int i = 0; i < tries && faults.Count == 0; i++)
        {
            Dirty();
            using var scope = NewDisposeScope();
            network.zero_grad();
            loss().backward();
            faults.AddRange(network.named_parameters().Where(entry => !IsReached(entry.parameter)).Select(entry => $"try {i}: {entry.name}"));
        }

        return faults;
    }

    private static bool IsReached(Tensor parameter) =>
        parameter.grad is { } gradient && gradient.isfinite().all().ReadDouble() == 1 && gradient.abs().max().ReadDouble() > 0;

    private static void Dirty()
    {
        Tensor[] blocks = [.. Sizes.SelectMany(size => Enumerable.Range(0, 4).Select(_ => full([size], float.NaN, float32)))];
        foreach (var block in blocks)
        {
            block.Dispose();
        }
    }
}
