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

    /// <summary>The views that chamber quantification needs: A4C, A2C, PLAX and PSAX.</summary>
    public static IReadOnlyList<PhantomView> StandardViews { get; } = [PhantomView.A4C, PhantomView.A2C, PhantomView.PLAX, PhantomView.PSAX];

    /// <summary>The views, one clip each; <see cref="StandardViews"/> by default.</summary>
    [MinLength(1)]
    public IReadOnlyList<PhantomView> Views { get; init; } = StandardViews;

    /// <summary>Size, length and difficulty of the clips; its views are those above.</summary>
    public PhantomOptions Clip { get; init; } = new() { Frames = 48, Beats = 2 };
}
