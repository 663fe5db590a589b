namespace EchoApex.Training.FineTuning;

/// <summary>What came of a run. Encoder, adapters and head hold the weights of <see cref="BestStep"/>.</summary>
public sealed record FineTuningOutcome
{
    /// <summary><see cref="End"/> of a run that was cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>The step whose weights were kept: the best on validation, or the last.</summary>
    public required int BestStep { get; init; }

    /// <summary>Its figure on validation, larger is better; NaN when nothing was judged.</summary>
    public required double BestSelection { get; init; }

    /// <summary>Why the run ended: "finished", "no better for N evaluations", <see cref="Cancelled"/>.</summary>
    public required string End { get; init; }

    /// <summary>Numbers that were trained, the head's included.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Trained numbers of the encoder over all of encoder and adapters: 1 for full fine-tuning, under 0.04 for adapters.</summary>
    public required double EncoderShare { get; init; }

    /// <summary>Training samples that were drawn from.</summary>
    public required int Samples { get; init; }

    /// <summary>Draws that could not be read, each replaced by another.</summary>
    public required long UnreadableDraws { get; init; }

    /// <summary>The first reasons of them.</summary>
    public required IReadOnlyList<string> UnreadableReasons { get; init; }

    /// <summary>Processor seconds of the process during the run.</summary>
    public required double CpuSeconds { get; init; }
}
