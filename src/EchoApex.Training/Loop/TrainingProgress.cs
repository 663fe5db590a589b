namespace EchoApex.Training.Loop;

/// <summary>Where a run stands after a step.</summary>
public sealed record TrainingProgress
{
    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Zero-based epoch of the step.</summary>
    public required long Epoch { get; init; }

    /// <summary>Total loss of the step.</summary>
    public required double Loss { get; init; }

    /// <summary>Learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Samples a second since the run was started or resumed.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Time left at that speed.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>Tensors alive on the training thread; constant in a healthy run.</summary>
    public required long LiveTensors { get; init; }

    /// <summary>Files left out so far.</summary>
    public required int SkippedClips { get; init; }

    /// <summary>All metrics, on the steps that are logged; else null.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>What looks collapsed or unstable, with its likely cause and a remedy, a line a fault; null when all is well.</summary>
    public string? Warning { get; init; }
}
