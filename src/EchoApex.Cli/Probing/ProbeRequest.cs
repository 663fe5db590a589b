using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Probing;

/// <summary>What is to be judged, on which clips, by which probes.</summary>
internal sealed record ProbeRequest
{
    /// <summary>Clips that probes are fitted on.</summary>
    public required LabelledClipList Train { get; init; }

    /// <summary>Clips that the penalty is chosen on; null to hold back a fifth of the training clips.</summary>
    public LabelledClipList? Validation { get; init; }

    /// <summary>Clips that are judged.</summary>
    public required LabelledClipList Test { get; init; }

    /// <summary>Labels, in the order of tables and maps; null for those of the training clips.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    /// <summary>Frames of each clip.</summary>
    public int FramesPerClip { get; init; } = 2;

    /// <summary>Frames that are encoded at once.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether a linear probe sees the mean patch beside the cls vector.</summary>
    public bool ClsMean { get; init; }

    /// <summary>Whether the patch probe runs.</summary>
    public bool Patches { get; init; }

    /// <summary>
    /// Side of the images that the patch probe sees, in pixels; null for the model's own. A larger one gives a finer grid: patches
    /// keep their side, and the encoder interpolates its position table.
    /// </summary>
    public int? PatchSide { get; init; }

    /// <summary>Whether raw pixels are judged too.</summary>
    public bool Pixels { get; init; }

    /// <summary>Settings of the probes.</summary>
    public EncoderProbeOptions Options { get; init; } = new();

    /// <summary>Checks that the lists are of different clips and have what the probes need.</summary>
    /// <exception cref="DataException">They are not, or have not.</exception>
    public void Validate()
    {
        Train.RequireDisjoint(Test);
        Validation?.RequireDisjoint(Test);
        Validation?.RequireDisjoint(Train);
        if (Train.LabelNames.Count < 2)
        {
            throw new DataException(Train.Source, $"all clips have the label '{Train.LabelNames[0]}'. A probe needs at least two labels.");
        }

        foreach (var list in new[] { Train, Validation, Test }.OfType<LabelledClipList>().Where(list => Patches && !list.Clips.Any(clip => clip.Masks is not null)))
        {
            throw new DataException(list.Source, "no clip has masks, which the patch probe needs. Add a column masks (or name yours with --masks-column), or leave --patches out.");
        }
    }
}
