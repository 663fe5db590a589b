namespace EchoApex.Heads.Segmentation;

/// <summary>All of the task "segment", as a configuration and a fine-tuned model's folder hold it.</summary>
public sealed record SegmentationTaskOptions
{
    /// <summary>The structures that are learned, as the data set names them; empty takes all that it draws.</summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>The head's shape.</summary>
    public SegmentationOptions Head { get; init; } = new();

    /// <summary>Prompts, loss and evaluation.</summary>
    public SegmentationTrainingOptions Training { get; init; } = new();
}
