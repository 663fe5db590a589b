// Shape legend: B = images, T = tokens, D = token dimension, h = heads, d = D / h, G = matrices that are computed together, Q = queries of a part.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>
/// Softmax(Q K^T) V by batched products, of queries that are scaled already. For the few hundred tokens of an image that takes half
/// the time of libtorch's tiled kernel; scores are kept small by taking images, and where that is not enough queries, in turn.
/// </summary>
internal static class HeadAttention
{
    // Scores at a time: 32 MiB in float32.
    private const long LargestScores = 8 << 20;

    /// <summary>Mixes values.</summary>
    /// <param name="joint_BT3D">Queries, keys and values of each token, each head after head.</param>
    /// <param name="heads">h.</param>
    /// <returns>[B, T, D].</returns>
    public static Tensor Mix(Tensor joint_BT3D, int heads)
    {
        using var scope = NewDisposeScope();
        var (images, tokens, width) = (joint_BT3D.shape[0], joint_BT3D.shape[1], joint_BT3D.shape[2] / 3);
        var parts_3BhTd = joint_BT3D.view(images, tokens, 3, heads, width / heads).permute(2, 0, 3, 1, 4).contiguous();
        var (query, key, value) = (Matrices(parts_3BhTd, 0), Matrices(parts_3BhTd, 1), Matrices(parts_3BhTd, 2));
        long together = Math.Max(1, LargestScores / (heads * tokens * tokens)) * heads;
        var mixed_GTd = together >= query.shape[0] ? MixQueries(query, key, value) : cat([.. Groups(query, key, value, together)], 0);
        return mixed_GTd.view(images, heads, tokens, width / heads).transpose(1, 2).reshape(images, tokens, width).MoveToOuterDisposeScope();
    }

    private static IEnumerable<Tensor> Groups(Tensor query, Tensor key, Tensor value, long together)
    {
        for (long start = 0; start < query.shape[0]; start += together)
        {
            long length = Math.Min(together, query.shape[0] - start);
            yield return MixQueries(query.narrow(0, start, length), key.narrow(0, start, length), value.narrow(0, start, length));
        }
    }

    private static Tensor MixQueries(Tensor query_GTd, Tensor key_GTd, Tensor value_GTd)
    {
        using var scope = NewDisposeScope();
        var key_GdT = key_GTd.transpose(1, 2);
        long tokens = query_GTd.shape[1];
        long part = Math.Max(1, LargestScores / (query_GTd.shape[0] * tokens));
        if (part >= tokens)
        {
            return MixPart(query_GTd, key_GdT, value_GTd).MoveToOuterDisposeScope();
        }

        var parts = new List<Tensor>();
        for (long start = 0; start < tokens; start += part)
        {
            parts.Add(MixPart(query_GTd.narrow(1, start, Math.Min(part, tokens - start)), key_GdT, value_GTd));
        }

        return cat(parts, 1).MoveToOuterDisposeScope();
    }

    private static Tensor MixPart(Tensor query_GQd, Tensor key_GdT, Tensor value_GTd)
    {
        using var scores_GQT = DnnlProduct.Multiply(query_GQd, key_GdT);
        using var weights_GQT = scores_GQT.softmax(-1, ScalarType.Float32);
        using var narrow_GQT = weights_GQT.As(value_GTd.dtype);
        return DnnlProduct.Multiply(narrow_GQT, value_GTd);
    }

    // [3, B, h, T, d] to [B h, T, d].
    private static Tensor Matrices(Tensor parts_3BhTd, long index) => parts_3BhTd.select(0, index).flatten(0, 1);
}
