namespace EchoApex.Training.Loop;

/// <summary>How a run ended.</summary>
/// <param name="Completed">True at the last step; false when it was cancelled or told to stop before.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Loss of the last step; NaN when no step was made.</param>
/// <param name="Checkpoint">Folder of the checkpoint to resume from.</param>
/// <param name="Model">Folder of the teacher's encoder, a model folder.</param>
/// <param name="SkippedClips">Files left out, with their reasons.</param>
public sealed record PretrainingOutcome(bool Completed, long Step, double Loss, string Checkpoint, string Model, IReadOnlyList<Core.Datasets.SkippedClip> SkippedClips);
