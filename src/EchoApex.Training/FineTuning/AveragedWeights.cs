using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <summary>A running mean of trained parameters that can change places with them. Buffers (BatchNorm statistics) are not averaged.</summary>
internal sealed class AveragedWeights : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly double _momentum;
    private readonly List<Tensor> _means;
    private long _updates;

    public AveragedWeights(FlatParameters parameters, double momentum)
    {
        (_parameters, _momentum) = (parameters, momentum);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        _means = [.. parameters.Groups.Select(group => group.NewBuffer())];
        for (int i = 0; i < _means.Count; i++)
        {
            _means[i].copy_(parameters.Groups[i].Values);
        }
    }

    /// <summary>Moves the mean; at first faster than the momentum says, or it would hold on to the start.</summary>
    public void Update()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        double momentum = Math.Min(_momentum, (1.0 + _updates) / (10.0 + _updates));
        _updates++;
        for (int i = 0; i < _means.Count; i++)
        {
            _means[i].LerpInPlace(_parameters.Groups[i].Values, 1 - momentum);
        }
    }

    /// <summary>Puts the mean where the parameters were and the other way round.</summary>
    public void Swap()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (int i = 0; i < _means.Count; i++)
        {
            var values = _parameters.Groups[i].Values;
            var kept = values.clone();
            values.copy_(_means[i]);
            _means[i].copy_(kept);
        }
    }

    /// <summary>Updates so far.</summary>
    public long Updates => _updates;

    /// <summary>Copies of the means by name, for a checkpoint.</summary>
    public void Save(Dictionary<string, Tensor> target, string prefix)
    {
        for (int i = 0; i < _means.Count; i++)
        {
            FlatState.Save(target, prefix, _parameters.Groups[i], _means[i]);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(IReadOnlyDictionary<string, Tensor> state, string prefix, long updates)
    {
        for (int i = 0; i < _means.Count; i++)
        {
            FlatState.Check(state, prefix, _parameters.Groups[i]);
            FlatState.Load(state, prefix, _parameters.Groups[i], _means[i]);
        }

        _updates = updates;
    }

    public void Dispose() => _means.ForEach(mean => mean.Dispose());
}
