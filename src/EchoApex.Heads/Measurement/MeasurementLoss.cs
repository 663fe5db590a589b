// Shape legend: B = images, K = landmarks, h, w = rows and columns of a heat map.
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Measurement;

/// <summary>
/// Heat map and coordinates together: the Kullback-Leibler divergence from a Gaussian around the point to the softmax of its map,
/// and the distance (|dx| + |dy|) from the point to the map's mean place. Points that are absent carry no weight; the loss is the
/// mean over those that are there, and 0 for a batch without any.
/// </summary>
public sealed class MeasurementLoss
{
    private readonly MeasurementLossOptions _options;

    /// <summary>Creates the loss.</summary>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public MeasurementLoss(MeasurementLossOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "measurement.loss");
        _options = options;
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="logits_BKhw">Logits [B, K, h, w].</param>
    /// <param name="points_BK2">True points in cells of the heat map, column and row; anything finite where a point is absent.</param>
    /// <param name="present_BK">1 where a point is there, 0 where it is absent.</param>
    /// <returns>The loss with the terms "heatmap" and "coordinate"; the caller disposes it.</returns>
    public TaskLoss Compute(Tensor logits_BKhw, Tensor points_BK2, Tensor present_BK)
    {
        ArgumentNullException.ThrowIfNull(logits_BKhw);
        ArgumentNullException.ThrowIfNull(points_BK2);
        ArgumentNullException.ThrowIfNull(present_BK);
        using var scope = NewDisposeScope();
        double present = Math.Max(1, present_BK.sum([0, 1]).ReadDouble());
        var divergence_BK = Divergence(logits_BKhw, points_BK2);
        var heatmap = divergence_BK.mul(present_BK).sum([0, 1]).DividedBy(present);
        var distance_BK = PointDecoder.MeanPlaces(logits_BKhw).Plus(points_BK2.neg()).abs().sum([2]);
        var coordinate = distance_BK.mul(present_BK).sum([0, 1]).DividedBy(present);
        var total = heatmap.Times(_options.HeatmapWeight).Plus(coordinate.Times(_options.CoordinateWeight));
        return new TaskLoss(total.MoveToOuterDisposeScope(), new Dictionary<string, Tensor>
        {
            ["heatmap"] = heatmap.detach().MoveToOuterDisposeScope(),
            ["coordinate"] = coordinate.detach().MoveToOuterDisposeScope(),
        });
    }

    // The target is a normalised Gaussian on the grid; its logarithm is a log_softmax of the exponent, so nothing underflows.
    private Tensor Divergence(Tensor logits_BKhw, Tensor points_BK2)
    {
        var log_BKn = logits_BKhw.flatten(2).log_softmax(-1);
        var columns_w = arange(logits_BKhw.shape[3], float32, logits_BKhw.device);
        var rows_h = arange(logits_BKhw.shape[2], float32, logits_BKhw.device);
        var dx_BKw = columns_w.Plus(points_BK2.narrow(2, 0, 1).neg());
        var dy_BKh = rows_h.Plus(points_BK2.narrow(2, 1, 1).neg());
        var squares_BKhw = dx_BKw.mul(dx_BKw).unsqueeze(2).Plus(dy_BKh.mul(dy_BKh).unsqueeze(3));
        double scale = -0.5 / (_options.Sigma * _options.Sigma);
        var target_BKn = squares_BKhw.Times(scale).flatten(2).log_softmax(-1);
        return target_BKn.exp().mul(target_BKn.Plus(log_BKn.neg())).sum([2]);
    }
}
