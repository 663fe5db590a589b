using EchoApex.Core.Phantoms;

namespace EchoApex.Cli.Curve;

/// <summary>One row of a learning curve.</summary>
internal sealed record CurveOptions
{
    /// <summary>Folder of the curve: data/, runs/, curve.csv, curve.md, curve.png.</summary>
    public required string Out { get; init; }

    /// <summary>Difficulty of the phantoms.</summary>
    public required PhantomDifficulty Level { get; init; }

    /// <summary>How the encoder is trained; null when a run is given.</summary>
    public CurveMethod? Method { get; init; }

    /// <summary>A finished run to judge instead of training one.</summary>
    public string? Run { get; init; }

    /// <summary>Seed of phantoms, weights and batches.</summary>
    public int Seed { get; init; }

    /// <summary>Training steps.</summary>
    public int Steps { get; init; }

    /// <summary>What tables call the row; null for the method's name.</summary>
    public string? Label { get; init; }

    /// <summary>CPU minutes that a given run took; null when its folder says, or nobody knows.</summary>
    public double? CpuMinutes { get; init; }

    /// <summary>Overrides of the presets' keys.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Phantoms without labels to pretrain on.</summary>
    public int PretrainClips { get; init; } = 6000;

    /// <summary>Labelled phantoms that probes, and the supervised encoder, are fitted on.</summary>
    public int TrainClips { get; init; } = 600;

    /// <summary>Labelled phantoms that probes are chosen on.</summary>
    public int ValidationClips { get; init; } = 300;

    /// <summary>Labelled phantoms that judge.</summary>
    public int TestClips { get; init; } = 300;

    /// <summary>Frames of a phantom clip.</summary>
    public int Frames { get; init; } = 4;

    /// <summary>Side of a phantom frame in pixels.</summary>
    public int Size { get; init; } = 112;

    /// <summary>Frames of each clip that the probes see.</summary>
    public int ProbeFrames { get; init; } = 2;

    /// <summary>The level as tables and folders write it.</summary>
    public string LevelName => Level.ToString().ToLowerInvariant();
}
