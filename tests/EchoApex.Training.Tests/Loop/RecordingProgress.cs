using EchoApex.Training.Loop;

namespace EchoApex.Training.Tests.Loop;

/// <summary>Keeps every report and calls back on the training thread.</summary>
internal sealed class RecordingProgress(Action<TrainingProgress>? onReport = null) : IProgress<TrainingProgress>
{
    public List<TrainingProgress> Reports { get; } = [];

    public void Report(TrainingProgress value)
    {
        Reports.Add(value);
        onReport?.Invoke(value);
    }
}
