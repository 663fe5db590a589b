using static TorchSharp.torch;

namespace EchoApex.Training.Dino;

/// <summary>A loss with what shows a collapse. The owner disposes it, and with it the tensors.</summary>
public sealed class DinoLossResult : IDisposable
{
    /// <summary>Bundles the tensors; the new object owns them.</summary>
    public DinoLossResult(Tensor loss, Tensor? teacherEntropy, Tensor? teacherKlToUniform)
        => (Loss, TeacherEntropy, TeacherKlToUniform) = (loss, teacherEntropy, teacherKlToUniform);

    /// <summary>The loss to back-propagate, a scalar.</summary>
    public Tensor Loss { get; }

    /// <summary>
    /// Mean entropy in nats of the teacher's targets, a scalar; ln K means that the teacher says nothing (uniform
    /// collapse), 0 that each target is a single prototype. Null when diagnostics were not asked for.
    /// </summary>
    public Tensor? TeacherEntropy { get; }

    /// <summary>
    /// KL divergence in nats of the batch's mean target from the uniform distribution, a scalar; 0 means that all
    /// prototypes are used alike, ln K that all samples share one. Null when diagnostics were not asked for.
    /// </summary>
    public Tensor? TeacherKlToUniform { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Loss.Dispose();
        TeacherEntropy?.Dispose();
        TeacherKlToUniform?.Dispose();
    }
}
