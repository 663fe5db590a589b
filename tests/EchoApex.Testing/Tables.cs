using EchoApex.Core.Runtime;
using EchoApex.Core.Evaluation;

namespace EchoApex.Testing;

/// <summary>Small feature tables for tests.</summary>
public static class Tables
{
    public static readonly string[] Names = ["A4C", "A2C", "PLAX"];

    /// <summary>Gaussian clusters, one a label, at distance <paramref name="spread"/> from the origin; two rows a clip.</summary>
    public static FeatureTable Clusters(ulong seed, int rows, int dimension, double spread)
    {
        var random = new RandomStream(seed);
        float[] values = new float[rows * dimension];
        random.FillNormal(values, 0, 1);
        int[] labels = new int[rows];
        string[] groups = new string[rows];
        for (int i = 0; i < rows; i++)
        {
            labels[i] = i / 2 % Names.Length;
            groups[i] = $"clip{i / 2}";
            values[(i * dimension) + labels[i]] += (float)spread;
        }

        return new FeatureTable(values, dimension, labels, Names, groups);
    }
}
