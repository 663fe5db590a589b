using EchoApex.Core.Datasets;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Probing;

/// <summary>Scores, and the features that they were computed from.</summary>
/// <param name="Scores">One row an encoder; raw pixels, where asked for, come first.</param>
/// <param name="Train">Features of the training clips, row by row.</param>
/// <param name="Test">Features of the test clips.</param>
/// <param name="Skipped">Clips that could not be read.</param>
internal sealed record ProbeOutcome(IReadOnlyList<EncoderScores> Scores, IReadOnlyList<EncoderFeatures> Train, IReadOnlyList<EncoderFeatures> Test, IReadOnlyList<SkippedClip> Skipped);
