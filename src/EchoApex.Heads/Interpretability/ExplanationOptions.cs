using System.ComponentModel.DataAnnotations;
using EchoApex.Heads.Prediction;

namespace EchoApex.Heads.Interpretability;

/// <summary>What is made to see what an encoder looks at.</summary>
public sealed record ExplanationOptions
{
    /// <summary>Whose encoder: one task. None, the default, takes the model of views, or the first there is.</summary>
    public EchoTasks Task { get; init; }

    /// <summary>Whether patches are covered one after the other, to see what matters; it costs a pass of the encoder each.</summary>
    public bool Occlusion { get; init; } = true;

    /// <summary>Most places to cover; larger areas are covered at a time where the grid has more patches.</summary>
    [Range(1, 10_000)]
    public int OcclusionPlaces { get; init; } = 64;
}
