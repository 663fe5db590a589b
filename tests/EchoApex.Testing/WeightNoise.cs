using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Testing;

/// <summary>Moves every number of a network off its starting value, so that nothing can be left out without being seen.</summary>
public static class WeightNoise
{
    /// <summary>Adds noise of a seed to parameters and to the statistics of batch norms.</summary>
    public static void Add(IEnumerable<Tensor> parameters, ulong seed, double deviation = 0.1)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using var noGradient = no_grad();
        var random = RandomStream.For(seed, "noise");
        foreach (var parameter in parameters)
        {
            using var noise = empty(parameter.shape, float32);
            WeightInitialization.Normal(noise, random, 0, deviation);
            using var target = parameter.detach();
            target.PlusInPlace(noise);
        }
    }

    /// <summary>Adds noise to all of a network; variances grow.</summary>
    public static void Add(nn.Module network, ulong seed, double deviation = 0.1)
    {
        ArgumentNullException.ThrowIfNull(network);
        Add(network.parameters(), seed, deviation);
        Add(network.named_buffers().Where(entry => entry.name.EndsWith("running_mean", StringComparison.Ordinal)).Select(entry => entry.buffer), seed + 1, deviation);
        foreach (var (name, buffer) in network.named_buffers())
        {
            if (name.EndsWith("running_var", StringComparison.Ordinal))
            {
                buffer.FillInPlace(1.7);
            }
        }
    }
}
