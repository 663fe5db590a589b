using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>One parameter group in two flat buffers: values and gradients. Each parameter is a view of them.</summary>
public sealed class FlatGroup : IDisposable
{
    // Each parameter starts on a 64-byte boundary in either precision, so that vector kernels see aligned rows. The gaps
    // hold zeros, which every optimizer leaves at zero.
    internal const long Alignment = 16;

    internal FlatGroup(ParameterGroup definition)
    {
        Definition = definition;
        var first = definition.Parameters[0].Parameter;
        var slices = new List<FlatSlice>();
        long offset = 0;
        foreach (var (name, parameter) in definition.Parameters)
        {
            if (parameter.dtype != first.dtype || parameter.device_type != first.device_type || parameter.device_index != first.device_index)
            {
                throw new ArgumentException(
                    $"Parameters of one group share type and device: {name} is {parameter.dtype} on {parameter.device}, the first one {first.dtype} on {first.device}. "
                    + "Move the network before the optimizer is built.", nameof(definition));
            }

            slices.Add(new FlatSlice(name, parameter, offset, parameter.numel()));
            offset += (parameter.numel() + Alignment - 1) / Alignment * Alignment;
        }

        Slices = slices;
        Values = zeros(offset, first.dtype, first.device).DetachFromDisposeScope();
        Gradients = zeros(offset, first.dtype, first.device).DetachFromDisposeScope();
        Bind();
    }

    /// <summary>Names and multipliers.</summary>
    public ParameterGroup Definition { get; }

    /// <summary>All values, one-dimensional.</summary>
    public Tensor Values { get; }

    /// <summary>All gradients, one-dimensional; backward passes add to them in place.</summary>
    public Tensor Gradients { get; }

    /// <summary>Where each parameter lies.</summary>
    public IReadOnlyList<FlatSlice> Slices { get; }

    /// <summary>A new buffer of the group's layout, filled with zeros; the caller owns it.</summary>
    internal Tensor NewBuffer() => zeros_like(Values).DetachFromDisposeScope();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slice in Slices)
        {
            slice.Parameter.grad = null;
        }

        // The parameters keep the storage of the values alive as long as they live.
        Values.Dispose();
        Gradients.Dispose();
    }

    private void Bind()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var slice in Slices)
        {
            var values = slice.Of(Values);
            values.copy_(slice.Parameter);
            slice.Parameter.set_(values);
            slice.Parameter.grad = slice.Of(Gradients);
        }
    }
}
