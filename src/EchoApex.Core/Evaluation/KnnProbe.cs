// Shape legend: N = queries, G = gallery rows, D = feature dimension, C = classes, k = neighbours.
namespace EchoApex.Core.Evaluation;

/// <summary>
/// Weighted k-nearest-neighbour classification of frozen features: cosine similarity, votes exp(s / T) of the k nearest.
/// Source: DINO (Caron et al., 2021), section 4.1 and eval_knn.py; Wu et al., 2018.
/// </summary>
/// <remarks>
/// Deterministic: of equally similar neighbours the one of lower gallery row comes first, of equal classes the lower label.
/// <para>Thread safety: all members may be used from several threads.</para>
/// </remarks>
public sealed class KnnProbe
{
    private readonly FeatureTable _gallery;
    private readonly KnnOptions _options;
    private readonly float[] _gallery_GD;

    /// <summary>Prepares a gallery of labelled features.</summary>
    /// <exception cref="ArgumentException">The gallery is empty, or an option is out of range.</exception>
    public KnnProbe(FeatureTable gallery, KnnOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(gallery);
        if (gallery.Count == 0)
        {
            throw new ArgumentException("The gallery is empty.", nameof(gallery));
        }

        _options = options ?? new KnnOptions();
        if (_options.Neighbours < 1 || !(_options.Temperature > 0))
        {
            throw new ArgumentException($"Neighbours {_options.Neighbours} and temperature {_options.Temperature} must be positive.", nameof(options));
        }

        _gallery = gallery;
        _gallery_GD = VectorMath.NormalizedRows(gallery);
    }

    /// <summary>Classifies the rows of a table; its labels are not looked at.</summary>
    /// <param name="queries">N rows of the gallery's dimension and label names.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>Shares of the vote, [N, C].</returns>
    /// <exception cref="ArgumentException">The tables do not belong together.</exception>
    public ProbePrediction Predict(FeatureTable queries, CancellationToken cancellationToken = default)
    {
        _gallery.RequireSameSpace(queries);
        int classes = _gallery.LabelNames.Count;
        float[] queries_ND = VectorMath.NormalizedRows(queries);
        double[] votes_NC = new double[queries.Count * classes];
        Parallel.For(
            0,
            queries.Count,
            new ParallelOptions { CancellationToken = cancellationToken },
            () => (Similarities: new float[_gallery.Count], Rows: new int[_gallery.Count]),
            (i, _, buffers) =>
            {
                Vote(queries_ND.AsSpan(i * queries.Dimension, queries.Dimension), votes_NC.AsSpan(i * classes, classes), buffers.Similarities, buffers.Rows);
                return buffers;
            },
            _ => { });
        return new ProbePrediction(votes_NC, classes);
    }

    private void Vote(ReadOnlySpan<float> query_D, Span<double> votes_C, float[] similarities_G, int[] rows_G)
    {
        int dimension = _gallery.Dimension;
        for (int g = 0; g < similarities_G.Length; g++)
        {
            // Sorting ascending by the negated similarity puts the nearest first.
            similarities_G[g] = -VectorMath.Dot(query_D, _gallery_GD.AsSpan(g * dimension, dimension));
            rows_G[g] = g;
        }

        var nearest = Nearest(similarities_G, rows_G, Math.Min(_options.Neighbours, similarities_G.Length));
        double top = -similarities_G[nearest[0]];
        double total = 0;
        foreach (int row in nearest)
        {
            // The largest similarity is taken off first: the shares are the same and nothing overflows at a small T.
            double weight = Math.Exp((-similarities_G[row] - top) / _options.Temperature);
            votes_C[_gallery.Labels[row]] += weight;
            total += weight;
        }

        for (int c = 0; c < votes_C.Length; c++)
        {
            votes_C[c] /= total;
        }
    }

    // The k smallest keys in order, by a bounded max-heap over (key, row): G log k instead of a full sort.
    private static ReadOnlySpan<int> Nearest(float[] keys, int[] rows, int k)
    {
        int Compare(int a, int b)
        {
            int order = keys[a].CompareTo(keys[b]);
            return order != 0 ? order : a.CompareTo(b);
        }

        var heap = rows.AsSpan(0, k);
        for (int i = (k / 2) - 1; i >= 0; i--)
        {
            SiftDown(heap, i, Compare);
        }

        for (int row = k; row < keys.Length; row++)
        {
            if (Compare(row, heap[0]) < 0)
            {
                heap[0] = row;
                SiftDown(heap, 0, Compare);
            }
        }

        heap.Sort(Compare);
        return heap;
    }

    private static void SiftDown(Span<int> heap, int start, Comparison<int> compare)
    {
        int parent = start;
        while (true)
        {
            int child = (2 * parent) + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && compare(heap[child + 1], heap[child]) > 0)
            {
                child++;
            }

            if (compare(heap[child], heap[parent]) <= 0)
            {
                return;
            }

            (heap[parent], heap[child]) = (heap[child], heap[parent]);
            parent = child;
        }
    }
}
