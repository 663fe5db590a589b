using EchoApex.Core.Tasks;

namespace EchoApex.Training.FineTuning;

/// <summary>How far a run is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps of the run.</param>
/// <param name="Loss">Mean loss since the last report.</param>
/// <param name="Evaluation">The validation, where one was just made.</param>
public sealed record FineTuningProgress(int Step, int TotalSteps, double Loss, TaskEvaluation? Evaluation);
