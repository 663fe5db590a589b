using EchoApex.Heads.Segmentation;

namespace EchoApex.Cli.FineTuning;

/// <summary>The task "segment".</summary>
internal sealed record SegmentConfiguration
{
    /// <summary>The structures that are learned, as the data set names them; empty takes all that it draws.</summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>The head's shape.</summary>
    public SegmentationOptions Head { get; init; } = new();

    /// <summary>Prompts, loss and evaluation.</summary>
    public SegmentationTrainingOptions Training { get; init; } = new();
}
