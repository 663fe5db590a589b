using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Measurement;

/// <summary>Weights of <see cref="MeasurementLoss"/>; all ours.</summary>
public sealed record MeasurementLossOptions
{
    /// <summary>Standard deviation of a point's target in cells of the heat map.</summary>
    [Range(0.3, 32)]
    public double Sigma { get; init; } = 1.5;

    /// <summary>Weight of the divergence between target and heat map.</summary>
    [Range(0.0, 1000)]
    public double HeatmapWeight { get; init; } = 1;

    /// <summary>Weight of the distance between point and mean place of the heat map, a cell of the map being 1.</summary>
    [Range(0.0, 1000)]
    public double CoordinateWeight { get; init; } = 0.1;
}
