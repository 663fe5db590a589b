using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>The place of one parameter in its group's flat buffers.</summary>
/// <param name="Name">Full name.</param>
/// <param name="Parameter">The parameter, itself a view of the values.</param>
/// <param name="Offset">First element.</param>
/// <param name="Length">Number of elements.</param>
public sealed record FlatSlice(string Name, Parameter Parameter, long Offset, long Length)
{
    /// <summary>This parameter's part of a buffer of the group's layout, in the parameter's shape: a view, to be disposed.</summary>
    public Tensor Of(Tensor buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        using var part = buffer.narrow(0, Offset, Length);
        return part.view(Parameter.shape);
    }
}
