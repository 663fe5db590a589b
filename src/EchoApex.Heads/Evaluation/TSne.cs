// Shape legend: N = points, D = feature dimension, K = principal components; maps are [N, 2].
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// Exact t-SNE: a map of points in two dimensions that keeps neighbours together. Meant for up to a few thousand points
/// (time and memory grow with N squared). Sources: van der Maaten and Hinton (2008); the learning rate N / exaggeration
/// and the start from principal components: Kobak and Berens (2019).
/// </summary>
public static class TSne
{
    private const double EarlyMomentum = 0.5;
    private const double LateMomentum = 0.8;

    /// <summary>Maps the rows of a table; the labels are not looked at.</summary>
    /// <param name="table">N rows, at least 4.</param>
    /// <param name="random">Breaks ties between equal points.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>Coordinates [N, 2], centred.</returns>
    /// <exception cref="ArgumentException">There are fewer than 4 rows.</exception>
    public static double[] Embed(FeatureTable table, RandomStream random, TSneOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(random);
        options ??= new TSneOptions();
        if (table.Count < 4)
        {
            throw new ArgumentException($"A map needs at least 4 points, got {table.Count}.", nameof(table));
        }

        ReadOnlySpan<float> values = options.Normalize ? VectorMath.NormalizedRows(table) : table.Values.Span;
        var components = PrincipalComponents.Fit(values, table.Dimension, options.Components);
        double[] points_NK = components.Project(values);
        double perplexity = Math.Min(options.Perplexity, (table.Count - 1) / 3.0);
        double[] affinities_NN = Symmetrize(ConditionalAffinities(points_NK, components.Count, perplexity), table.Count);
        return Descend(affinities_NN, Start(points_NK, components.Count, random), options, cancellationToken);
    }

    /// <summary>p(j|i), [N, N]: Gaussian affinities whose entropy is the logarithm of the perplexity in every row; the diagonal is 0.</summary>
    internal static double[] ConditionalAffinities(double[] points_NK, int components, double perplexity)
    {
        int count = points_NK.Length / components;
        double[] result = new double[count * count];
        double target = Math.Log(perplexity);
        Parallel.For(0, count, i =>
        {
            double[] distances = new double[count];
            for (int j = 0; j < count; j++)
            {
                for (int k = 0; k < components; k++)
                {
                    double difference = points_NK[(i * components) + k] - points_NK[(j * components) + k];
                    distances[j] += difference * difference;
                }
            }

            FindRow(distances, i, target, result.AsSpan(i * count, count));
        });
        return result;
    }

    // Bisection on the precision beta; distances are taken relative to the nearest, which changes nothing and avoids underflow.
    private static void FindRow(double[] distances, int self, double target, Span<double> row)
    {
        double nearest = double.PositiveInfinity;
        double mean = 0;
        for (int j = 0; j < distances.Length; j++)
        {
            nearest = j == self ? nearest : Math.Min(nearest, distances[j]);
            mean += distances[j] / distances.Length;
        }

        double low = 0, high = double.PositiveInfinity, beta = mean > 0 ? 1 / mean : 1;
        for (int attempt = 0; attempt < 100; attempt++)
        {
            double total = 0, weighted = 0;
            for (int j = 0; j < distances.Length; j++)
            {
                double excess = distances[j] - nearest;
                row[j] = j == self ? 0 : Math.Exp(-beta * excess);
                total += row[j];
                weighted += row[j] * excess;
            }

            double entropy = Math.Log(total) + (beta * weighted / total);
            for (int j = 0; j < row.Length; j++)
            {
                row[j] /= total;
            }

            if (Math.Abs(entropy - target) < 1e-7)
            {
                return;
            }

            (low, high) = entropy > target ? (beta, high) : (low, beta);
            beta = double.IsPositiveInfinity(high) ? beta * 2 : (low + high) / 2;
        }
    }

    private static double[] Symmetrize(double[] conditional, int count)
    {
        double[] joint = new double[conditional.Length];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                joint[(i * count) + j] = Math.Max((conditional[(i * count) + j] + conditional[(j * count) + i]) / (2.0 * count), 1e-12);
            }
        }

        return joint;
    }

    private static double[] Start(double[] points_NK, int components, RandomStream random)
    {
        int count = points_NK.Length / components;
        double[] map = new double[2 * count];
        double squares = 0;
        for (int i = 0; i < count; i++)
        {
            map[2 * i] = points_NK[i * components];
            map[(2 * i) + 1] = components > 1 ? points_NK[(i * components) + 1] : 0;
            squares += map[2 * i] * map[2 * i];
        }

        double scale = squares > 0 ? 1e-4 / Math.Sqrt(squares / count) : 0;
        for (int i = 0; i < map.Length; i++)
        {
            map[i] = (map[i] * scale) + random.Normal(0, 1e-6);
        }

        return map;
    }

    private static double[] Descend(double[] affinities, double[] map, TSneOptions options, CancellationToken cancellationToken)
    {
        int count = map.Length / 2;
        double rate = Math.Max(count / options.Exaggeration / 4, 50);
        int early = options.Iterations / 4;
        double[] gradient = new double[map.Length];
        double[] velocity = new double[map.Length];
        double[] gains = new double[map.Length];
        double[] kernel = new double[affinities.Length];
        Array.Fill(gains, 1);
        for (int iteration = 0; iteration < options.Iterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FindGradient(affinities, map, iteration < early ? options.Exaggeration : 1, kernel, gradient);
            double momentum = iteration < early ? EarlyMomentum : LateMomentum;
            for (int i = 0; i < map.Length; i++)
            {
                gains[i] = Math.Max((gradient[i] > 0) == (velocity[i] > 0) ? gains[i] * 0.8 : gains[i] + 0.2, 0.01);
                velocity[i] = (momentum * velocity[i]) - (rate * gains[i] * gradient[i]);
                map[i] += velocity[i];
            }

            Center(map);
        }

        return map;
    }

    private static void FindGradient(double[] affinities, double[] map, double exaggeration, double[] kernel, double[] gradient)
    {
        int count = map.Length / 2;
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            double x = map[2 * i], y = map[(2 * i) + 1];
            for (int j = 0; j < i; j++)
            {
                double dx = x - map[2 * j], dy = y - map[(2 * j) + 1];
                double value = 1 / (1 + (dx * dx) + (dy * dy));
                kernel[(i * count) + j] = value;
                total += value;
            }
        }

        total *= 2;
        Array.Clear(gradient);
        for (int i = 0; i < count; i++)
        {
            double x = map[2 * i], y = map[(2 * i) + 1];
            double sumX = 0, sumY = 0;
            for (int j = 0; j < i; j++)
            {
                double value = kernel[(i * count) + j];
                double force = 4 * ((exaggeration * affinities[(i * count) + j]) - (value / total)) * value;
                double fx = force * (x - map[2 * j]), fy = force * (y - map[(2 * j) + 1]);
                sumX += fx;
                sumY += fy;
                gradient[2 * j] -= fx;
                gradient[(2 * j) + 1] -= fy;
            }

            gradient[2 * i] += sumX;
            gradient[(2 * i) + 1] += sumY;
        }
    }

    private static void Center(double[] map)
    {
        double x = 0, y = 0;
        for (int i = 0; i < map.Length; i += 2)
        {
            x += map[i];
            y += map[i + 1];
        }

        for (int i = 0; i < map.Length; i += 2)
        {
            map[i] -= 2 * x / map.Length;
            map[i + 1] -= 2 * y / map.Length;
        }
    }
}
