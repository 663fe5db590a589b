namespace EchoApex.Heads.Studies;

/// <summary>Which clip serves a purpose, and why.</summary>
/// <param name="Purpose">"A4C", "A2C" or "PLAX".</param>
/// <param name="Clip">Number of the clip; null where none serves.</param>
/// <param name="Reason">Why this one, or why none.</param>
/// <param name="Rejected">The other clips of the view, with the reason of each.</param>
public sealed record ClipChoice(string Purpose, int? Clip, string Reason, IReadOnlyList<RejectedClip> Rejected);
