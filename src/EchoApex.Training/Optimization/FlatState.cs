using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>Saves and restores buffers of a group's layout as named tensors, one a parameter.</summary>
internal static class FlatState
{
    private const string Source = "saved optimizer state";

    public static void Save(Dictionary<string, Tensor> target, string prefix, FlatGroup group, Tensor buffer)
    {
        foreach (var slice in group.Slices)
        {
            using var view = slice.Of(buffer);
            using var onCpu = view.cpu();
            target[prefix + slice.Name] = onCpu.clone();
        }
    }

    public static void Check(IReadOnlyDictionary<string, Tensor> state, string prefix, FlatGroup group)
    {
        foreach (var slice in group.Slices)
        {
            if (!state.TryGetValue(prefix + slice.Name, out var saved))
            {
                throw new CheckpointException(Source, $"there is no {prefix}{slice.Name}. Resume with the network and the recipe that the run was started with.");
            }

            if (!saved.shape.SequenceEqual(slice.Parameter.shape))
            {
                throw new CheckpointException(
                    Source, $"{prefix}{slice.Name} is [{string.Join(", ", saved.shape)}], the parameter [{string.Join(", ", slice.Parameter.shape)}]. "
                    + "Resume with the network that the run was started with.");
            }
        }
    }

    public static void Load(IReadOnlyDictionary<string, Tensor> state, string prefix, FlatGroup group, Tensor buffer)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var slice in group.Slices)
        {
            slice.Of(buffer).copy_(state[prefix + slice.Name]);
        }
    }

    public static long ReadCount(IReadOnlyDictionary<string, Tensor> state, string name)
    {
        if (!state.TryGetValue(name, out var saved) || saved.numel() != 1 || saved.dtype != int64)
        {
            throw new CheckpointException(Source, $"there is no step count {name}. Resume with the recipe that the run was started with.");
        }

        return saved.item<long>();
    }
}
