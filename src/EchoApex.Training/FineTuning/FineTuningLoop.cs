using System.Diagnostics;
using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.Schedules;
using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <summary>
/// Trains a head and what of an encoder may learn on a task, judges on the validation split as it goes, and keeps the best
/// weights. It knows tasks by <see cref="ITrainableTask"/> alone. While it trains, freed memory stays in the process
/// (<see cref="NativeAllocator.KeepFreedMemory"/>); it is given back after each evaluation, at checkpoints and at the end.
/// </summary>
public sealed class FineTuningLoop
{
    private readonly FineTuningOptions _options;

    /// <summary>Prepares a loop.</summary>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public FineTuningLoop(FineTuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "fine-tuning");
        _options = options;
    }

    /// <summary>Freezes what the protocol keeps and adds its adapters.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <returns>The adapters, which the caller disposes before the encoder; null for full fine-tuning.</returns>
    /// <exception cref="ConfigurationException">The adapters do not fit the encoder, or exceed their share.</exception>
    public AdapterSet? Attach(IBackbone encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return _options.Protocol == FineTuningProtocol.Full
            ? null
            : AdapterSet.Attach(
                encoder,
                _options.Protocol == FineTuningProtocol.Linear ? new AdapterOptions { Kind = AdapterKind.None } : _options.Adapters,
                RandomStream.For(_options.Seed, "adapters"));
    }

    /// <summary>Takes away the checkpoint of a run that is complete, and what kills left half written beside it.</summary>
    public static void RemoveCheckpoint(string checkpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        FineTuningCheckpoint.Remove(checkpoint);
    }

    /// <summary>Whether a folder holds a checkpoint that <see cref="Run"/> can resume from.</summary>
    public static bool CanResume(string checkpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        return FineTuningCheckpoint.Exists(checkpoint);
    }

    /// <summary>Trains, on request with a checkpoint, or goes on from one.</summary>
    /// <param name="encoder">The encoder, changed in place; in evaluation mode afterwards. To resume, with the weights that the run was started with.</param>
    /// <param name="adapters">What <see cref="Attach"/> returned for it.</param>
    /// <param name="task">The task with its head, changed in place.</param>
    /// <param name="files">What is written, and whether the run is a resumed one; null writes nothing.</param>
    /// <param name="progress">Told every <see cref="FineTuningOptions.LogEvery"/> steps and after each evaluation.</param>
    /// <param name="cancellationToken">Ends the run between steps; the best weights so far are kept, and it can be resumed.</param>
    /// <exception cref="ConfigurationException">The task has no sample to train on, or too few patients for few-shot.</exception>
    /// <exception cref="CheckpointException">There is no checkpoint to resume from, it is damaged, or belongs to other data or another encoder.</exception>
    /// <exception cref="EchoApexException">The loss is not finite, or no sample can be read.</exception>
    public FineTuningOutcome Run(
        IBackbone encoder,
        AdapterSet? adapters,
        ITrainableTask task,
        FineTuningFiles? files = null,
        IProgress<FineTuningProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(task);
        files ??= new FineTuningFiles();
        if (adapters is null != (_options.Protocol == FineTuningProtocol.Full))
        {
            throw new ArgumentException($"The protocol {_options.Protocol} {(adapters is null ? "needs" : "has no")} adapters; take them from {nameof(Attach)}.", nameof(adapters));
        }

        if (files.Resume && files.Checkpoint is null)
        {
            throw new ArgumentException("Resuming needs the folder of the checkpoint.", nameof(files));
        }

        NativeAllocator.KeepFreedMemory();
        using var run = new FineTuningSession(_options, encoder, adapters, task, files.Checkpoint);
        run.Open(files.Metrics, progress, files.Resume);
        return run.Train(cancellationToken);
    }
}
