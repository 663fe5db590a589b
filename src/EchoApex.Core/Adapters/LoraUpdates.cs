// Shape legend: B = images, T = tokens, D = token dimension.
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Adapters;

/// <summary>The updates of one block's attention.</summary>
internal sealed class LoraUpdates : nn.Module
{
    [ComponentName(Name = "q")]
    private readonly LoraUpdate? _query;

    [ComponentName(Name = "k")]
    private readonly LoraUpdate? _key;

    [ComponentName(Name = "v")]
    private readonly LoraUpdate? _value;

    [ComponentName(Name = "proj")]
    private readonly LoraUpdate? _output;

    public LoraUpdates(int dimension, AdapterOptions options, RandomStream random)
        : base(nameof(LoraUpdates))
    {
        LoraUpdate? Make(LoraTarget target) => options.LoraTargets.Contains(target) ? new LoraUpdate(dimension, options, random) : null;
        (_query, _key, _value, _output) = (Make(LoraTarget.Query), Make(LoraTarget.Key), Make(LoraTarget.Value), Make(LoraTarget.Output));
        RegisterComponents();
    }

    /// <summary>Adds the updates to the joint projection, [B, T, 3 D] with rows queries, keys, values.</summary>
    /// <returns>The sum; the projection is disposed.</returns>
    public Tensor AddToJoint(Tensor x_BTD, Tensor joint_BT3D)
    {
        if (_query is null && _key is null && _value is null)
        {
            return joint_BT3D;
        }

        using var scope = NewDisposeScope();
        Tensor? none_BTD = null;
        Tensor Update(LoraUpdate? update) => update?.forward(x_BTD).to(joint_BT3D.dtype) ?? (none_BTD ??= zeros_like(x_BTD, dtype: joint_BT3D.dtype));
        var updates_BT3D = cat([Update(_query), Update(_key), Update(_value)], -1);
        var sum_BT3D = joint_BT3D.Plus(updates_BT3D).MoveToOuterDisposeScope();
        joint_BT3D.Dispose();
        return sum_BT3D;
    }

    /// <summary>Adds the update to the projection of the mixed values, [B, T, D].</summary>
    /// <returns>The sum; the projection is disposed.</returns>
    public Tensor AddToOutput(Tensor mixed_BTD, Tensor projected_BTD)
    {
        if (_output is null)
        {
            return projected_BTD;
        }

        using var scope = NewDisposeScope();
        var sum_BTD = projected_BTD.Plus(_output.forward(mixed_BTD).to(projected_BTD.dtype)).MoveToOuterDisposeScope();
        projected_BTD.Dispose();
        return sum_BTD;
    }

    /// <summary>Writes the updates into the weights: [3 D, D] and [D, D].</summary>
    public void MergeInto(Tensor jointWeight_3DD, Tensor outputWeight_DD)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        long dimension = outputWeight_DD.shape[0];
        LoraUpdate?[] parts = [_query, _key, _value];
        for (int part = 0; part < parts.Length; part++)
        {
            if (parts[part] is { } update)
            {
                jointWeight_3DD.narrow(0, part * dimension, dimension).PlusInPlace(update.Matrix());
            }
        }

        if (_output is not null)
        {
            outputWeight_DD.PlusInPlace(_output.Matrix());
        }
    }
}
