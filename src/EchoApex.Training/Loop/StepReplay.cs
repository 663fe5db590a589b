// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop.
using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Distributed;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>Repeats a training step that was not finite from what the run saved of it, and names where the fault shows first.</summary>
/// <remarks>
/// The batch, the weights, the optimizer's state and the centers are those from before the step; its random numbers follow
/// from the seed and the step. The number of libtorch threads is set to the recorded one for the process, because sums
/// depend on it. Of a run with several processes one process's part is repeated, without the others: sums over processes
/// (Sinkhorn-Knopp, BatchNorm, gradients) then hold its own values only.
/// </remarks>
public static class StepReplay
{
    /// <summary>Repeats the step of a capture.</summary>
    /// <param name="capture">Folder divergence/step-NNNNNN of a run; it is only read.</param>
    /// <exception cref="CheckpointException">The folder is no capture, or a damaged one.</exception>
    /// <exception cref="ConfigurationException">Its configuration has a fault.</exception>
    public static StepReplayReport Run(string capture)
    {
        ArgumentException.ThrowIfNullOrEmpty(capture);
        var captured = DivergenceCapture.Open(capture);
        var options = captured.Options;
        using var scope = NewDisposeScope();
        set_num_threads(captured.Recorded.Threads);
        var (globals_BCHW, locals_BCHW) = captured.ReadBatch();
        var state = RunFolder.ReadState(capture);
        var schedules = new PretrainingSchedules(options, (long)state.Clips * options.Data.SamplesPerClip);
        using var processes = new AbsentProcesses(captured.Recorded.Rank, captured.Recorded.WorldSize);
        using SelfDistillationTrainer trainer = options.Stage == PretrainingStage.Dinov2 ? new Dinov2Trainer(options, schedules, processes) : new DinoTrainer(options, schedules, processes);
        RunFolder.ReadCheckpoint(capture, trainer);
        if (state.Step + 1 != captured.Recorded.Step)
        {
            throw new CheckpointException(capture, $"holds the terms of step {captured.Recorded.Step} but the state after step {state.Step}: its files are of different steps.");
        }

        var batch = new Dictionary<string, Tensor> { ["globals"] = globals_BCHW };
        if (locals_BCHW is not null)
        {
            batch["locals"] = locals_BCHW;
        }

        string[] inputs = [.. NotFinite(batch)];
        string[] weights = [.. NotFinite(trainer.Weights())];
        trainer.TraceNonFinite = true;
        var result = trainer.Step(state.Step, globals_BCHW, locals_BCHW, diagnostics: false);
        return new StepReplayReport
        {
            Step = captured.Recorded.Step,
            Recorded = captured.Recorded.Values(),
            Replayed = result.Terms,
            Samples = captured.Recorded.Samples,
            NonFiniteInputs = inputs,
            NonFiniteWeights = weights,
            NonFiniteGradients = [.. trainer.LastGradientNorms?.NotFinite() ?? []],
        };
    }

    private static IEnumerable<string> NotFinite(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        foreach (var (name, value) in tensors)
        {
            using var finite = value.isfinite();
            using var all = finite.all();
            if (!all.item<bool>())
            {
                yield return name;
            }
        }
    }
}
