// Shape legend: F = frames, N = patches of a frame (GridHeight x GridWidth), P = length of a patch's vector, S = side of the network input.
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Evaluation;

/// <summary>Patch features of frames whose pixels have labels.</summary>
public sealed class PatchFeatures
{
    private readonly float[] _values_FNP;
    private readonly byte[][] _masks;
    private readonly string[] _groups;

    /// <summary>Takes over arrays; the caller must not change them afterwards.</summary>
    /// <param name="values">Features [F, N, P].</param>
    /// <param name="dimension">P.</param>
    /// <param name="gridHeight">Rows of the patch grid.</param>
    /// <param name="gridWidth">Columns of the patch grid.</param>
    /// <param name="masks">F label masks of S x S bytes.</param>
    /// <param name="side">S, a multiple of the grid's sides.</param>
    /// <param name="groups">The clip or patient of each frame.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public PatchFeatures(float[] values, int dimension, int gridHeight, int gridWidth, IReadOnlyList<byte[]> masks, int side, IReadOnlyList<string> groups)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(groups);
        if (values.LongLength != (long)masks.Count * gridHeight * gridWidth * dimension || groups.Count != masks.Count
            || masks.Any(mask => mask.Length != side * side) || side % gridHeight != 0 || side % gridWidth != 0)
        {
            throw new ArgumentException($"{values.Length} values do not fit {masks.Count} masks and {groups.Count} groups of {side} x {side} pixels, a grid of {gridHeight} x {gridWidth} and {dimension} features a patch.", nameof(values));
        }

        (_values_FNP, Dimension, GridHeight, GridWidth, Side) = (values, dimension, gridHeight, gridWidth, side);
        (_masks, _groups) = ([.. masks], [.. groups]);
    }

    /// <summary>F, the number of frames.</summary>
    public int FrameCount => _masks.Length;

    /// <summary>P, the length of a patch's vector.</summary>
    public int Dimension { get; }

    /// <summary>Rows of the patch grid.</summary>
    public int GridHeight { get; }

    /// <summary>Columns of the patch grid.</summary>
    public int GridWidth { get; }

    /// <summary>N, the patches of a frame.</summary>
    public int PatchCount => GridHeight * GridWidth;

    /// <summary>S, the side of a mask in pixels.</summary>
    public int Side { get; }

    /// <summary>The clip or patient of each frame.</summary>
    public IReadOnlyList<string> Groups => _groups;

    /// <summary>The labels of a frame's pixels, S x S.</summary>
    public ReadOnlySpan<byte> Mask(int frame) => _masks[frame];

    /// <summary>The largest label of any pixel.</summary>
    public int LargestLabel => _masks.Max(mask => mask.Max());

    /// <summary>The patches of some frames as rows with labels: a patch has the label of most of its pixels, of equally many the lowest.</summary>
    /// <param name="structures">Names of the labels.</param>
    /// <param name="limit">Largest number of rows; more are thinned out at random.</param>
    /// <param name="random">The stream that thins out.</param>
    /// <param name="thinBackground">
    /// Keep no more patches of label 0 than all others have together. Background fills most of a frame: a probe that is fitted on
    /// all of it learns to say background and little else.
    /// </param>
    public FeatureTable ToTable(IReadOnlyList<string> structures, int limit, RandomStream random, bool thinBackground = false)
    {
        ArgumentNullException.ThrowIfNull(structures);
        ArgumentNullException.ThrowIfNull(random);
        int[] labels = [.. Enumerable.Range(0, FrameCount * PatchCount).Select(row => LabelOf(row / PatchCount, row % PatchCount, structures.Count))];
        int[] rows = Thin([.. Enumerable.Range(0, labels.Length)], limit, random);
        if (thinBackground)
        {
            int[] shown = [.. rows.Where(row => labels[row] > 0)];
            int[] background = Thin([.. rows.Where(row => labels[row] == 0)], shown.Length, random);
            rows = shown.Length == 0 ? rows : [.. shown.Concat(background).Order()];
        }

        float[] values = new float[rows.Length * Dimension];
        for (int i = 0; i < rows.Length; i++)
        {
            _values_FNP.AsSpan(rows[i] * Dimension, Dimension).CopyTo(values.AsSpan(i * Dimension));
        }

        return new FeatureTable(
            values,
            Dimension,
            [.. rows.Select(row => labels[row])],
            structures,
            [.. rows.Select(row => _groups[row / PatchCount])]);
    }

    /// <summary>All patches of one frame as rows, in the order of the grid; their labels mean nothing.</summary>
    internal FeatureTable FrameTable(int frame, IReadOnlyList<string> structures) =>
        new(_values_FNP.AsSpan(frame * PatchCount * Dimension, PatchCount * Dimension).ToArray(), Dimension, new int[PatchCount], structures);

    private static int[] Thin(int[] rows, int limit, RandomStream random) =>
        rows.Length <= limit ? rows : [.. random.Permutation(rows.Length).Take(limit).Select(i => rows[i]).Order()];

    private int LabelOf(int frame, int patch, int structures)
    {
        Span<int> votes = stackalloc int[LabelledFrameReader.MaximumStructures];
        votes.Clear();
        int height = Side / GridHeight;
        int width = Side / GridWidth;
        for (int row = 0; row < height; row++)
        {
            foreach (byte label in _masks[frame].AsSpan((((patch / GridWidth * height) + row) * Side) + (patch % GridWidth * width), width))
            {
                votes[label]++;
            }
        }

        int best = 0;
        for (int label = 1; label < structures; label++)
        {
            best = votes[label] > votes[best] ? label : best;
        }

        return best;
    }
}
