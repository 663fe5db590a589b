// Shape legend: N = rows, D = columns, K = components.
using EchoApex.Core.Evaluation;
using MathNet.Numerics.LinearAlgebra;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// The directions of largest variance of a set of rows, from the singular values of the centred matrix. Deterministic:
/// the sign of a component is such that its entry of largest magnitude is positive.
/// </summary>
public sealed class PrincipalComponents
{
    private readonly double[] _mean_D;
    private readonly double[] _components_KD;

    private PrincipalComponents(double[] mean_D, double[] components_KD, double[] variances)
    {
        (_mean_D, _components_KD, Variances) = (mean_D, components_KD, variances);
    }

    /// <summary>K, the number of components.</summary>
    public int Count => Variances.Count;

    /// <summary>Variance along each component, largest first (divisor N - 1).</summary>
    public IReadOnlyList<double> Variances { get; }

    /// <summary>One component, a unit vector of D entries.</summary>
    public ReadOnlySpan<double> Component(int index) => _components_KD.AsSpan(index * _mean_D.Length, _mean_D.Length);

    /// <summary>Finds the components of N rows of D numbers.</summary>
    /// <param name="values_ND">Rows, one after the other.</param>
    /// <param name="dimension">D.</param>
    /// <param name="components">K; capped by D and by N - 1.</param>
    /// <exception cref="ArgumentException">There are fewer than two rows, or the sizes do not fit.</exception>
    public static PrincipalComponents Fit(ReadOnlySpan<float> values_ND, int dimension, int components)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(components);
        int rows = values_ND.Length / dimension;
        if (rows < 2 || values_ND.Length % dimension != 0)
        {
            throw new ArgumentException($"Principal components need at least 2 whole rows of {dimension} numbers, got {values_ND.Length} numbers.", nameof(values_ND));
        }

        double[] mean_D = new double[dimension];
        for (int i = 0; i < values_ND.Length; i++)
        {
            mean_D[i % dimension] += values_ND[i] / (double)rows;
        }

        var centred = Matrix<double>.Build.Dense(rows, dimension);
        for (int i = 0; i < values_ND.Length; i++)
        {
            centred[i / dimension, i % dimension] = values_ND[i] - mean_D[i % dimension];
        }

        // Of a tall matrix Q R the right singular vectors are those of the small R.
        var core = rows > dimension ? centred.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).R : centred;
        var svd = core.Svd(computeVectors: true);
        int count = Math.Min(components, Math.Min(dimension, rows - 1));
        double[] components_KD = new double[count * dimension];
        double[] variances = new double[count];
        for (int k = 0; k < count; k++)
        {
            var component = svd.VT.Row(k);
            double sign = Math.Sign(component[component.AbsoluteMaximumIndex()]);
            variances[k] = svd.S[k] * svd.S[k] / (rows - 1);
            (component * sign).AsArray().CopyTo(components_KD, k * dimension);
        }

        return new PrincipalComponents(mean_D, components_KD, variances);
    }

    /// <summary>Coordinates of rows along the components, [N, K].</summary>
    public double[] Project(ReadOnlySpan<float> values_ND)
    {
        int dimension = _mean_D.Length;
        if (values_ND.Length % dimension != 0)
        {
            throw new ArgumentException($"{values_ND.Length} numbers are no whole number of rows of {dimension}.", nameof(values_ND));
        }

        int rows = values_ND.Length / dimension;
        double[] result_NK = new double[rows * Count];
        double[] row_D = new double[dimension];
        for (int i = 0; i < rows; i++)
        {
            for (int d = 0; d < dimension; d++)
            {
                row_D[d] = values_ND[(i * dimension) + d] - _mean_D[d];
            }

            for (int k = 0; k < Count; k++)
            {
                result_NK[(i * Count) + k] = VectorMath.Dot(row_D, Component(k));
            }
        }

        return result_NK;
    }
}
