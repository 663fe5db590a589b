// Shape legend: B = clips, T = frames.
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>What is true of a batch of clips. The tensors stay the caller's.</summary>
/// <param name="Percent">Ejection fraction in percent, [B].</param>
/// <param name="PhaseFrames">Place among the T frames of end diastole and end systole, [B, 2], int64; -1 where unknown or outside.</param>
/// <param name="TimesMs">Time of each frame in ms, [B, T], finite; for the width of the phase targets.</param>
public sealed record EjectionFractionTargets(Tensor Percent, Tensor PhaseFrames, Tensor TimesMs);
