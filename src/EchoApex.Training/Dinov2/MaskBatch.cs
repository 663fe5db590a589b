// Shape legend: B = images (global crops), N = patches, M = masked patches of all images together.
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>The masks of one batch of global crops. The owner disposes it, and with it the tensors.</summary>
/// <remarks>Upstream: dinov2/data/collate.py.</remarks>
public sealed class MaskBatch : IDisposable
{
    private readonly bool[][] _rows;
    private readonly long[] _offsets;

    private MaskBatch(bool[][] rows, Tensor masks_BN, Tensor indices_M, Tensor weights_M, int upperBound)
    {
        (_rows, Masks, Indices, Weights, UpperBound) = (rows, masks_BN, indices_M, weights_M, upperBound);
        _offsets = new long[rows.Length + 1];
        for (int image = 0; image < rows.Length; image++)
        {
            _offsets[image + 1] = _offsets[image] + rows[image].AsSpan().Count(true);
        }
    }

    /// <summary>True where a patch is hidden, bool [B, N].</summary>
    public Tensor Masks { get; }

    /// <summary>Positions of the hidden patches in the flattened [B * N], ascending, int64 [M].</summary>
    public Tensor Indices { get; }

    /// <summary>For each hidden patch 1 / (hidden patches of its image), float32 [M].</summary>
    public Tensor Weights { get; }

    /// <summary>The largest M that these settings can give: a buffer of that many rows always suffices.</summary>
    public int UpperBound { get; }

    /// <summary>
    /// Draws masks: <see cref="BlockMaskOptions.MaskedShare"/> of the crops get one, with ratios spread evenly between the
    /// two bounds, in random order.
    /// </summary>
    /// <param name="generator">Grid and settings.</param>
    /// <param name="images">B, the number of global crops (twice the batch).</param>
    /// <param name="random">Source of the random numbers.</param>
    public static MaskBatch Draw(BlockMaskGenerator generator, int images, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        int patches = generator.Rows * generator.Columns;
        float[] ratios = Ratios(generator.Options, images);
        bool[][] masks = new bool[images][];
        for (int i = 0; i < images; i++)
        {
            int target = i < ratios.Length - 1 ? (int)(patches * (float)random.Uniform(ratios[i], ratios[i + 1])) : 0;
            masks[i] = generator.Generate(target, random);
        }

        random.Shuffle<bool[]>(masks);
        return FromMasks(masks, UpperBoundOf(ratios, patches));
    }

    /// <summary>Bounds of the ratios: one interval a masked crop.</summary>
    internal static float[] Ratios(BlockMaskOptions options, int images)
    {
        int intervals = (int)(images * options.MaskedShare);
        float start = (float)options.MinimumRatio;
        float stop = (float)options.MaximumRatio;
        if (intervals == 0)
        {
            return [start];
        }

        // The arithmetic of torch.linspace in float32: from both ends towards the middle.
        float step = (stop - start) / intervals;
        return [.. Enumerable.Range(0, intervals + 1).Select(i => i < (intervals + 1) / 2 ? start + (step * i) : stop - (step * (intervals - i)))];
    }

    internal static int UpperBoundOf(float[] ratios, int patches) => ratios.Skip(1).Sum(ratio => (int)(patches * ratio));

    /// <summary>Bundles masks that were drawn elsewhere, one row an image.</summary>
    internal static MaskBatch FromMasks(bool[][] masks, int upperBound, Device? device = null)
    {
        int patches = masks[0].Length;
        var indices = new List<long>();
        var weights = new List<float>();
        for (int image = 0; image < masks.Length; image++)
        {
            int hidden = masks[image].AsSpan().Count(true);
            for (int patch = 0; patch < patches; patch++)
            {
                if (masks[image][patch])
                {
                    indices.Add(((long)image * patches) + patch);
                    weights.Add(1f / hidden);
                }
            }
        }

        using var scope = NewDisposeScope();
        return new MaskBatch(
            masks,
            tensor(masks.SelectMany(mask => mask).ToArray()).view(masks.Length, patches).to(device ?? CPU).MoveToOuterDisposeScope(),
            tensor(indices.ToArray()).to(device ?? CPU).MoveToOuterDisposeScope(),
            tensor(weights.ToArray()).to(device ?? CPU).MoveToOuterDisposeScope(),
            upperBound);
    }

    /// <summary>The masks of a part of the batch, whose crops are crop-major. The caller disposes them.</summary>
    internal MaskBatch Of(BatchPart part, Device? device = null) => FromMasks([.. Images(part).Select(image => _rows[image])], UpperBound, device);

    /// <summary>The part's rows of one row a hidden patch: [M, ...] to those of the part.</summary>
    internal Tensor RowsOf(BatchPart part, Tensor rows)
    {
        if (part.IsWhole)
        {
            return rows.alias();
        }

        using var scope = NewDisposeScope();
        return cat([.. Ranges(part).Select(range => rows.narrow(0, range.Start, range.Length))], 0).MoveToOuterDisposeScope();
    }

    /// <summary>The whole batch's rows of one row a hidden patch from those of its parts: the reverse of <see cref="RowsOf"/>.</summary>
    internal Tensor Join(IReadOnlyList<BatchPart> parts, IReadOnlyList<Tensor> rows)
    {
        if (parts.Count == 1)
        {
            return rows[0].alias();
        }

        using var scope = NewDisposeScope();
        var pieces = new SortedDictionary<long, Tensor>();
        for (int i = 0; i < parts.Count; i++)
        {
            long place = 0;
            foreach (var (first, start, length) in Ranges(parts[i]))
            {
                pieces[first] = rows[i].narrow(0, place, length);
                place += length;
            }
        }

        return cat([.. pieces.Values], 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Masks.Dispose();
        Indices.Dispose();
        Weights.Dispose();
    }

    // The images of a part: the same samples of each crop.
    private IEnumerable<int> Images(BatchPart part) =>
        Enumerable.Range(0, (int)(_rows.Length / part.Batch)).SelectMany(crop => Enumerable.Range((int)((crop * part.Batch) + part.Start), (int)part.Count));

    private IEnumerable<(long FirstImage, long Start, long Length)> Ranges(BatchPart part)
    {
        for (long first = part.Start; first < _rows.Length; first += part.Batch)
        {
            yield return (first, _offsets[first], _offsets[first + part.Count] - _offsets[first]);
        }
    }
}
