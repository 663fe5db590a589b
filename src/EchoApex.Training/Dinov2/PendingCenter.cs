// Shape legend: R = rows of teacher scores, K = prototypes.
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>
/// A running center whose update is stored at one step and applied at the next, before the center is used: so that the
/// sum over processes, when there are several, can run meanwhile.
/// </summary>
internal sealed class PendingCenter : IDisposable
{
    private const string CenterKey = "center";
    private const string PendingKey = "pending_mean";

    private readonly string _owner;
    private readonly double _momentum;
    private readonly ICollective? _processes;
    private readonly Tensor _center_1K;
    private readonly Tensor _pending_1K;
    private bool _hasPending;

    public PendingCenter(string owner, int prototypes, double momentum, Device? device, ScalarType dtype, ICollective? processes)
    {
        (_owner, _momentum) = (owner, momentum);
        _processes = processes is { WorldSize: > 1 } ? processes : null;
        _center_1K = zeros(1, prototypes, dtype, device ?? CPU).DetachFromDisposeScope();
        _pending_1K = zeros(1, prototypes, dtype, device ?? CPU).DetachFromDisposeScope();
    }

    public Tensor Value => _center_1K;

    /// <summary>Applies what is pending, then centers and sharpens: probabilities [R, K].</summary>
    public Tensor Targets(Tensor scores_RK, double temperature)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        CheckScores(scores_RK);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (_hasPending)
        {
            _center_1K.TimesInPlace(_momentum).PlusInPlace(_pending_1K.Times(1 - _momentum));
            _hasPending = false;
        }

        var centered_RK = scores_RK.detach().to(_center_1K.dtype) - _center_1K;
        return nn.functional.softmax(centered_RK.DividedBy(temperature), -1).MoveToOuterDisposeScope();
    }

    /// <summary>Stores the mean of these scores, and of those of the other processes; no rows at all change nothing.</summary>
    public void Store(Tensor scores_RK)
    {
        CheckScores(scores_RK);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (_processes is not null)
        {
            StoreTogether(scores_RK);
        }
        else if (scores_RK.shape[0] > 0)
        {
            _pending_1K.copy_(scores_RK.detach().to(_center_1K.dtype).mean([0], keepdim: true));
            _hasPending = true;
        }
    }

    // Sum and number of rows travel together. Upstream averages the processes' means instead, which weighs a row of a
    // process with few masked patches more than others; with equal numbers the two are the same.
    private void StoreTogether(Tensor scores_RK)
    {
        var sum_1K = scores_RK.detach().to(_center_1K.dtype).sum([0], keepdim: true);
        var rows_11 = full([1, 1], (double)scores_RK.shape[0], _center_1K.dtype, _center_1K.device);
        var both = cat([sum_1K, rows_11], 1);
        _processes!.AllReduce(both, ReduceOperation.Sum);
        long prototypes = sum_1K.shape[1];
        double rows = both.narrow(1, prototypes, 1).cpu().ReadDouble();
        if (rows > 0)
        {
            _pending_1K.copy_(both.narrow(1, 0, prototypes).DividedBy(rows));
            _hasPending = true;
        }
    }

    public IReadOnlyDictionary<string, Tensor> SaveState()
    {
        using var scope = NewDisposeScope();
        var state = new Dictionary<string, Tensor> { [CenterKey] = _center_1K.cpu().clone().MoveToOuterDisposeScope() };
        if (_hasPending)
        {
            state[PendingKey] = _pending_1K.cpu().clone().MoveToOuterDisposeScope();
        }

        return state;
    }

    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        bool hasPending = state.TryGetValue(PendingKey, out var pending);
        if (!state.TryGetValue(CenterKey, out var center) || center.numel() != _center_1K.numel() || (hasPending && pending!.numel() != center.numel()))
        {
            throw new CheckpointException(
                "saved " + _owner, $"{(center is null ? "there is no center" : $"its center has {center.numel()} prototypes")}; this run needs "
                + $"{_center_1K.numel()}. Resume with the number of prototypes that the run was started with.");
        }

        // Upstream keeps the center of the patch loss as [1, 1, K].
        _center_1K.copy_(center.reshape(1, -1));
        if (hasPending)
        {
            _pending_1K.copy_(pending!.reshape(1, -1));
        }

        _hasPending = hasPending;
    }

    public void Dispose()
    {
        _center_1K.Dispose();
        _pending_1K.Dispose();
    }

    private void CheckScores(Tensor scores_RK)
    {
        ArgumentNullException.ThrowIfNull(scores_RK);
        if (scores_RK.dim() != 2 || scores_RK.shape[1] != _center_1K.shape[1])
        {
            throw new ArgumentException($"Scores must be [rows, {_center_1K.shape[1]}]; got [{string.Join(", ", scores_RK.shape)}].", nameof(scores_RK));
        }
    }
}
