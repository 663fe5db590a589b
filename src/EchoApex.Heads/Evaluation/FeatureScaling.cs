using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>Shift and scale of each feature so that a training set has mean 0 and standard deviation 1 (population form).</summary>
/// <param name="Mean">Mean of each feature, [D].</param>
/// <param name="Deviation">Standard deviation of each feature, [D]; 1 for a feature that does not vary.</param>
internal sealed record FeatureScaling(double[] Mean, double[] Deviation)
{
    public static FeatureScaling Of(FeatureTable table)
    {
        int dimension = table.Dimension;
        double[] mean = new double[dimension];
        double[] deviation = new double[dimension];
        for (int i = 0; i < table.Count; i++)
        {
            var row = table.Row(i);
            for (int d = 0; d < dimension; d++)
            {
                mean[d] += row[d] / (double)table.Count;
            }
        }

        for (int i = 0; i < table.Count; i++)
        {
            var row = table.Row(i);
            for (int d = 0; d < dimension; d++)
            {
                double difference = row[d] - mean[d];
                deviation[d] += difference * difference / table.Count;
            }
        }

        for (int d = 0; d < dimension; d++)
        {
            // Below this the variation of a float feature is rounding.
            double value = Math.Sqrt(deviation[d]);
            deviation[d] = value > 1e-7 * Math.Max(1e-30, Math.Abs(mean[d])) && value > 1e-30 ? value : 1;
        }

        return new FeatureScaling(mean, deviation);
    }

    /// <summary>The scaled rows, [N, D].</summary>
    public double[] Apply(FeatureTable table)
    {
        double[] result = new double[table.Count * table.Dimension];
        for (int i = 0; i < table.Count; i++)
        {
            var row = table.Row(i);
            var target = result.AsSpan(i * table.Dimension, table.Dimension);
            for (int d = 0; d < row.Length; d++)
            {
                target[d] = (row[d] - Mean[d]) / Deviation[d];
            }
        }

        return result;
    }
}
