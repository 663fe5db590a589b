namespace EchoApex.Heads.Evaluation;

/// <summary>How often a probe is right on the frames of the test clips.</summary>
/// <param name="Accuracy">Share of right frames, 0 to 1, with its interval by clip or patient.</param>
/// <param name="BalancedAccuracy">Mean recall over the labels that occur, 0 to 1, with its interval.</param>
/// <param name="L2">The penalty that was chosen; null for a probe that has none.</param>
public sealed record ProbeScore(BootstrapInterval Accuracy, BootstrapInterval BalancedAccuracy, double? L2 = null);
