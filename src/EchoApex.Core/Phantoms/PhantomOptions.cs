using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Phantoms;

/// <summary>What <see cref="PhantomGenerator"/> makes.</summary>
public sealed record PhantomOptions
{
    /// <summary>Rows and columns of a frame. Sizes of 96 to 128 suit quick experiments.</summary>
    [Range(32, 1024)]
    public int ImageSize { get; init; } = 256;

    /// <summary>Frames in a clip.</summary>
    [Range(1, 10_000)]
    public int Frames { get; init; } = 32;

    /// <summary>Frames a second; null, the default, spreads the frames evenly over <see cref="Beats"/>.</summary>
    [Range(0.1, 1000)]
    public double? FramesPerSecond { get; init; }

    /// <summary>Heart beats that a clip covers, used when <see cref="FramesPerSecond"/> is null.</summary>
    [Range(0.05, 100)]
    public double Beats { get; init; } = 1;

    /// <summary>How much hides the anatomy.</summary>
    public PhantomDifficulty Difficulty { get; init; } = PhantomDifficulty.Easy;

    /// <summary>The views to make, in turn: clip i has view i modulo their number.</summary>
    [MinLength(1)]
    public IReadOnlyList<PhantomView> Views { get; init; } = Enum.GetValues<PhantomView>();
}
