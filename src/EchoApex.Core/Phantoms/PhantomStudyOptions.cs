using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Phantoms;

/// <summary>A phantom examination for <see cref="PhantomStudyWriter"/>: one heart in several views.</summary>
public sealed record PhantomStudyOptions
{
    /// <summary>Seed of the phantoms.</summary>
    public ulong Seed { get; init; }

    /// <summary>Which heart of that seed.</summary>
    [Range(0, int.MaxValue)]
    public int Index { get; init; }

    /// <summary>The views, one clip each.</summary>
    [MinLength(1)]
    public IReadOnlyList<PhantomView> Views { get; init; } = [PhantomView.A4C, PhantomView.A2C, PhantomView.PLAX, PhantomView.PSAX];

    /// <summary>Size, length and difficulty of the clips; its views are those above.</summary>
    public PhantomOptions Clip { get; init; } = new() { Frames = 48, Beats = 2 };
}
