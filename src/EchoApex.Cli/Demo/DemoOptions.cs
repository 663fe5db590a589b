namespace EchoApex.Cli.Demo;

/// <summary>How large the demonstration is. The defaults take a few minutes on two cores.</summary>
internal sealed record DemoOptions
{
    /// <summary>Steps that the encoder trained with labels has by default.</summary>
    public const int DefaultSupervisedSteps = 420;

    /// <summary>The run folder to make.</summary>
    public required string Out { get; init; }

    /// <summary>A real clip to embed at the end; null for none.</summary>
    public string? Clip { get; init; }

    /// <summary>Repetitions, each with its own phantoms, weights and batches.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Training phantoms a repetition: unlabelled for pretraining, labelled for probes and the supervised encoder.</summary>
    public int TrainClips { get; init; } = 600;

    /// <summary>Held-out phantoms a repetition.</summary>
    public int TestClips { get; init; } = 300;

    /// <summary>Frames of a phantom clip.</summary>
    public int Frames { get; init; } = 4;

    /// <summary>Side of a phantom frame in pixels.</summary>
    public int Size { get; init; } = 112;

    /// <summary>Frames of each clip that the probes see.</summary>
    public int ProbeFrames { get; init; } = 2;

    /// <summary>Overrides of the preset's keys, as --set takes them.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Whether models of the four tasks are trained on the encoder and a phantom examination is read with them.</summary>
    public bool Study { get; init; } = true;

    /// <summary>Share of clips and steps of that part; below 1 to try it out.</summary>
    public double StudyScale { get; init; } = 1;

    /// <summary>Phantom examinations that the table of measured values is over; the first is reported.</summary>
    public int Examinations { get; init; } = 8;

    /// <summary>Steps of the supervised encoder.</summary>
    public int SupervisedSteps { get; init; } = DefaultSupervisedSteps;
}
