// Shape legend: B = clips, T = frames.
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>What the head says of a batch of clips. The owner disposes it.</summary>
public sealed class EjectionFractionOutput : IDisposable
{
    internal EjectionFractionOutput(Tensor mean_B, Tensor logScale_B, Tensor phase_BT2, Tensor classes_B2)
    {
        (Mean, LogScale, PhaseLogits, ClassLogits) = (mean_B, logScale_B, phase_BT2, classes_B2);
    }

    /// <summary>Ejection fraction in percent, [B].</summary>
    public Tensor Mean { get; }

    /// <summary>
    /// Logarithm of the spread in percent, [B]: of the standard deviation of a Gaussian or the scale b of a Laplace distribution
    /// (whose standard deviation is b sqrt(2)).
    /// </summary>
    public Tensor LogScale { get; }

    /// <summary>
    /// Logits of each frame to be end diastole (place 0) and end systole (place 1), [B, T, 2]; a softmax over T makes them
    /// probabilities of the frames. Padding has -10,000.
    /// </summary>
    public Tensor PhaseLogits { get; }

    /// <summary>Logits of an ejection fraction below 50 % (place 0) and below 40 % (place 1), [B, 2].</summary>
    public Tensor ClassLogits { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        LogScale.Dispose();
        PhaseLogits.Dispose();
        ClassLogits.Dispose();
    }
}
