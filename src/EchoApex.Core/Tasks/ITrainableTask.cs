// Shape legend: none; tensors are inside batches and losses.
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Tasks;

/// <summary>
/// Something that an encoder can be taught: views, structures, measures, ejection fraction. A head implements it; the
/// fine-tuning loop drives it and knows nothing of the head, nor the head of the loop.
/// </summary>
public interface ITrainableTask : IDisposable
{
    /// <summary>Short name, as the command line takes it: "view", "segment", "measure", "ef".</summary>
    string Name { get; }

    /// <summary>The head: its parameters are trained beside the encoder, its state dict is saved.</summary>
    nn.Module Head { get; }

    /// <summary>What can be trained on, one entry a sample: a clip or a frame.</summary>
    IReadOnlyList<TaskSample> TrainingSamples { get; }

    /// <summary>Makes a batch that is filled again and again.</summary>
    /// <param name="size">Samples.</param>
    ITaskBatch CreateBatch(int size);

    /// <summary>Writes one training sample, augmented, into a batch. Called from worker threads, several at a time, for different slots.</summary>
    /// <param name="batch">A batch from <see cref="CreateBatch"/>.</param>
    /// <param name="slot">Place in the batch.</param>
    /// <param name="sample">Index into <see cref="TrainingSamples"/>.</param>
    /// <param name="random">The stream of this draw: the same stream writes the same sample.</param>
    /// <exception cref="DataException">The sample cannot be read; the loop counts it and draws another.</exception>
    void Fill(ITaskBatch batch, int slot, int sample, RandomStream random);

    /// <summary>The loss of a batch, with gradients to the head and to what of the encoder is trainable.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="batch">A full batch.</param>
    /// <returns>The loss; the caller disposes it.</returns>
    TaskLoss Loss(IBackbone encoder, ITaskBatch batch);

    /// <summary>Judges the encoder and the head on one split, in evaluation mode and without gradients.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="split">Which clips.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default);
}
