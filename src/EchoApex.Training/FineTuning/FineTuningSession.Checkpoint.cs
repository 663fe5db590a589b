using System.Security.Cryptography;
using EchoApex.Core.Backbones;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <content>How a run is saved and restored.</content>
internal sealed partial class FineTuningSession
{
    private const string ValuePrefix = "value.";
    private const string OptimizerPrefix = "optimizer.";
    private const string MeanPrefix = "mean.";
    private const string BestPrefix = "best.";
    private const string BufferPrefix = "buffer.";

    private void Save()
    {
        if (_checkpoint is null)
        {
            return;
        }

        using var noGradient = no_grad();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            foreach (var group in _flat.Groups)
            {
                FlatState.Save(tensors, ValuePrefix, group, group.Values);
            }

            foreach (var (name, value) in _optimizer.SaveState())
            {
                tensors[OptimizerPrefix + name] = value;
            }

            _average?.Save(tensors, MeanPrefix);
            Number(tensors, BestPrefix, _best.Copies);
            Number(tensors, BufferPrefix, Buffers());
            FineTuningCheckpoint.Write(_checkpoint, State(), tensors);
        }
        finally
        {
            foreach (var value in tensors.Values)
            {
                value.Dispose();
            }
        }
    }

    private FineTuningState State() => new(
        _step,
        _settled,
        _position,
        _sampler.Samples.Count,
        _base,
        _lossSum,
        _lossCount,
        double.IsNaN(_bestSelection) ? null : _bestSelection,
        _bestStep,
        _sinceBest,
        _unreadable,
        _average?.Updates ?? 0,
        [.. Streams().Select(stream => Convert.ToBase64String(stream.SaveState()))]);

    private void Restore()
    {
        var (state, tensors) = FineTuningCheckpoint.Read(_checkpoint!);
        FineTuningCheckpoint.RemoveLeftovers(_checkpoint!);
        try
        {
            Require(state.Samples == _sampler.Samples.Count, $"the run was started with {state.Samples} training samples, now there are {_sampler.Samples.Count}. Resume with the same data.");
            Require(state.Base == _base, "the frozen part of the encoder is another one. Resume with the encoder that the run was started with.");
            foreach (var group in _flat.Groups)
            {
                FlatState.Check(tensors, ValuePrefix, group);
                FlatState.Load(tensors, ValuePrefix, group, group.Values);
            }

            _optimizer.LoadState(tensors.Where(entry => entry.Key.StartsWith(OptimizerPrefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key[OptimizerPrefix.Length..], entry => entry.Value, StringComparer.Ordinal));
            _average?.Load(tensors, MeanPrefix, state.Updates);
            Put(tensors, BestPrefix, _best.Copies);
            Put(tensors, BufferPrefix, [.. Buffers()]);
        }
        finally
        {
            foreach (var value in tensors.Values)
            {
                value.Dispose();
            }
        }

        (_step, _settled, _position, _lossSum, _lossCount) = (state.Step, state.Settled, state.SamplerPosition, state.LossSum, state.LossCount);
        (_bestSelection, _bestStep, _sinceBest, _unreadable) = (state.BestSelection ?? double.NaN, state.BestStep, state.SinceBest, state.Unreadable);
        foreach (var (stream, saved) in Streams().Zip(state.Randoms))
        {
            stream.LoadState(Convert.FromBase64String(saved));
        }
    }

    // What draws while the networks train.
    private IEnumerable<RandomStream> Streams()
    {
        if (_encoder is IStochasticModule stochastic)
        {
            yield return stochastic.Random;
        }

        if (_adapters is not null)
        {
            yield return _adapters.Random;
        }
    }

    private static void Number(Dictionary<string, Tensor> target, string prefix, IEnumerable<Tensor> values)
    {
        int number = 0;
        foreach (var value in values)
        {
            using var detached = value.detach();
            target[prefix + number++] = detached.clone();
        }
    }

    private void Put(Dictionary<string, Tensor> source, string prefix, IReadOnlyList<Tensor> places)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (int number = 0; number < places.Count; number++)
        {
            Require(
                source.TryGetValue(prefix + number, out var saved) && saved.shape.SequenceEqual(places[number].shape),
                $"{prefix}{number} is missing or has another shape. Resume with the encoder, task and options that the run was started with.");
            places[number].copy_(saved!);
        }
    }

    private void Require(bool condition, string fault)
    {
        if (!condition)
        {
            throw new CheckpointException(_checkpoint!, fault);
        }
    }

    private static string HashOf(IBackbone encoder)
    {
        using var noGradient = no_grad();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, value) in encoder.Module.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            hash.AppendData(value.detach().cpu().contiguous().bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
