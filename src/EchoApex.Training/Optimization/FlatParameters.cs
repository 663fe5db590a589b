using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>
/// Moves parameters into a few flat buffers, one a group, with their gradients beside them, so that zeroing, the optimizer,
/// the teacher's average and a reduction over processes are a handful of calls instead of thousands.
/// </summary>
/// <remarks>
/// Build it after the network has its final device and type: a later <c>module.to(...)</c> would tear parameters and buffers
/// apart. Loading weights copies in place and is fine at any time. Gradients are always present, zero where nothing flowed:
/// use <see cref="ZeroGradients"/>, never the module's zero_grad, which would drop the views.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    /// <summary>Moves the parameters; their values do not change.</summary>
    /// <exception cref="ArgumentException">A group is empty or has mixed types, or a name or parameter occurs twice.</exception>
    public FlatParameters(IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        Check(groups);
        Groups = [.. groups.Select(group => new FlatGroup(group))];
    }

    /// <summary>The groups with their buffers.</summary>
    public IReadOnlyList<FlatGroup> Groups { get; }

    /// <summary>Number of trained scalars.</summary>
    public long Count => Groups.Sum(group => group.Slices.Sum(slice => slice.Length));

    /// <summary>Sets all gradients to zero.</summary>
    public void ZeroGradients()
    {
        // zero_ gives a new handle to the same tensor.
        using var scope = NewDisposeScope();
        foreach (var group in Groups)
        {
            group.Gradients.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in Groups)
        {
            group.Dispose();
        }
    }

    private static void Check(IReadOnlyList<ParameterGroup> groups)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            if (group.Parameters.Count == 0)
            {
                throw new ArgumentException($"The parameter group \"{group.Name}\" is empty.", nameof(groups));
            }

            if (!names.Add("group " + group.Name))
            {
                throw new ArgumentException($"The parameter group \"{group.Name}\" occurs twice.", nameof(groups));
            }

            foreach (var (name, parameter) in group.Parameters)
            {
                if (!names.Add(name) || !parameter.requires_grad)
                {
                    throw new ArgumentException($"The parameter \"{name}\" {(parameter.requires_grad ? "occurs twice" : "has no gradient")}.", nameof(groups));
                }
            }
        }
    }
}
