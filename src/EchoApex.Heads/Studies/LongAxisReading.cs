using EchoApex.Heads.Prediction;

namespace EchoApex.Heads.Studies;

/// <summary>A parasternal long axis, measured.</summary>
/// <param name="Clip">The clip.</param>
/// <param name="Findings">Lengths and points.</param>
/// <param name="Abstention">Why nothing is measured; null where something is.</param>
internal sealed record LongAxisReading(ExaminedClip Clip, LvFindings Findings, string? Abstention);
