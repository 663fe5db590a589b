// Shape legend: P = prompts, N = points of a prompt, h, w = patch grid, H, W = maps, C = embedding dimension, K = structures.
using EchoApex.Core.Export.Onnx;
using EchoApex.Heads.Segmentation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Export;

/// <summary>
/// Prompts as a part of a graph: tokens, maps, and what they ask for of the semantic prior. The same arithmetic as
/// <see cref="Segmentation.Decoder.PromptEncoder"/>, <see cref="Segmentation.PromptMaps"/> and <see cref="Segmentation.SemanticPrior"/>.
/// </summary>
internal sealed class PromptsOnnx(OnnxValue points_PN2, OnnxValue labels_PN, int side)
{
    private const double Outside = 0, Inside = 1, TopLeft = 2, BottomRight = 3, FirstStructure = 4;
    private const double PointShare = 0.03;
    private const double Nowhere = 1e6;

    private readonly OnnxGraph _graph = points_PN2.Graph;
    private readonly OnnxValue _x_PN = points_PN2.Select(2, 0);
    private readonly OnnxValue _y_PN = points_PN2.Select(2, 1);

    /// <summary>Tokens of points, corners and structures, [P, N, C].</summary>
    public OnnxValue Sparse(HeadWeights weights)
    {
        using var scope = NewDisposeScope();
        var places = points_PN2.Add(0.5).Div(side).Mul(2).Add(-1);
        var angles = places.MatMul(_graph.Constant(weights["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"])).Mul(2 * Math.PI);
        var encoding = new[] { angles.Sin(), angles.Cos() }.Concat(2);
        List<Tensor> tables = [weights["prompt_encoder.not_a_point_embed.weight"], .. Enumerable.Range(0, 4).Select(i => weights[$"prompt_encoder.point_embeddings.{i}.weight"])];
        if (weights.Find("class_tokens.weight") is { } structures)
        {
            tables.Add(structures);
        }

        var table = _graph.Constant(cat(tables));
        var rows = labels_PN.Add(1).Cast(OnnxElementType.Int64);
        var learned = _graph.Node("Gather", OnnxElementType.Float, [.. labels_PN.Shape, table.Shape[1]], [table, rows], OnnxAttribute.Of("axis", 0));
        var placed = labels_PN.GreaterOrEqual(_graph.Constant(Outside)).And(labels_PN.GreaterOrEqual(_graph.Constant(FirstStructure)).Not());
        return encoding.Mul(placed.Cast(OnnxElementType.Float).Unsqueeze(-1)).Add(learned);
    }

    /// <summary>The map of the mask prompts, [P, h, w, C]: the given ones, or the learned "no mask".</summary>
    public OnnxValue Dense(OnnxValue mask_PHW, OnnxValue hasMask_P, HeadWeights weights)
    {
        using var scope = NewDisposeScope();
        const string name = "prompt_encoder.mask_downscaling";
        var half = weights.LayerNorm(weights.PatchConvolution(mask_PHW.Unsqueeze(-1), $"{name}.0"), $"{name}.1").Gelu();
        var quarter = weights.LayerNorm(weights.PatchConvolution(half, $"{name}.3"), $"{name}.4").Gelu();
        var given = weights.PatchConvolution(quarter, $"{name}.6");
        var none = _graph.Constant(weights["prompt_encoder.no_mask_embed.weight"].detach().view(1, 1, 1, -1));
        return hasMask_P.Greater(_graph.Constant(0.5)).Reshape(hasMask_P.Shape[0], 1, 1, 1).Where(given, none);
    }

    /// <summary>Points inside, points outside and the box as maps, [P, H, W, 3].</summary>
    public OnnxValue Draw(long height, long width)
    {
        var across = Gaussian(_x_PN, width);
        var down = Gaussian(_y_PN, height);
        var spots = down.Unsqueeze(3).Mul(across.Unsqueeze(2));
        OnnxValue Spots(double label) => spots.Mul(Is(label).Unsqueeze(-1).Unsqueeze(-1)).ReduceMax([1]).Unsqueeze(-1);
        var columns = Between(Corner(_x_PN, TopLeft), Corner(_x_PN, BottomRight), Centres(width));
        var rows = Between(Corner(_y_PN, TopLeft), Corner(_y_PN, BottomRight), Centres(height));
        var box = rows.Unsqueeze(2).Mul(columns.Unsqueeze(1)).Mul(HasBox().Unsqueeze(-1));
        return new[] { Spots(Inside), Spots(Outside), box.Unsqueeze(-1) }.Concat(3);
    }

    /// <summary>Logits of the structures that prompts ask for, [P, 1, H, W].</summary>
    public OnnxValue Prior(OnnxValue semantic_1KHW, int structures)
    {
        var (height, width) = (semantic_1KHW.Size(2), semantic_1KHW.Size(3));
        var shares_1KHW = semantic_1KHW.Softmax(1).Slice(1, 1, structures);
        var shares_KN = shares_1KHW.Reshape(structures, height * width);
        var scores_PK = PointScores(shares_KN, height, width).Add(BoxScores(shares_1KHW.Squeeze(0)));
        var named = labels_PN.Unsqueeze(-1).Equal(_graph.Constant([.. Enumerable.Range(0, structures).Select(k => (float)(FirstStructure + k))], structures));
        var named_PK = named.Cast(OnnxElementType.Float).ReduceMax([1]);
        var isNamed_P1 = named_PK.ReduceMax([1], keep: true).Greater(_graph.Constant(0.5));
        var weights_PK = isNamed_P1.Where(named_PK, scores_PK.Softmax(1));
        var asked_PN = weights_PK.MatMul(shares_KN).Clip(SemanticPrior.Smallest, 1 - SemanticPrior.Smallest);
        return asked_PN.Div(asked_PN.Neg().Add(1)).Log().Reshape(labels_PN.Shape[0], 1, height, width);
    }

    // Logarithms of how well structures fit the points, [P, K].
    private OnnxValue PointScores(OnnxValue shares_KN, long height, long width)
    {
        var columns = Scaled(_x_PN, width).Round().Clip(0, width - 1);
        var rows = Scaled(_y_PN, height).Round().Clip(0, height - 1);
        var places = rows.Mul(width).Add(columns).Cast(OnnxElementType.Int64);
        var found = _graph.Node("Gather", OnnxElementType.Float, [shares_KN.Shape[0], .. places.Shape], [shares_KN, places], OnnxAttribute.Of("axis", 1));
        var share_PNK = found.Transpose(1, 2, 0);
        var least_PN1 = Least().Unsqueeze(-1);
        OnnxValue Score(OnnxValue share) => share.Mul(least_PN1.Neg().Add(1)).Add(least_PN1).Log();
        var inside = Score(share_PNK).Mul(Is(Inside).Unsqueeze(-1));
        var outside = Score(share_PNK.Neg().Add(1)).Mul(Is(Outside).Unsqueeze(-1));
        return inside.Add(outside).ReduceSum([1]);
    }

    // What a point leaves of a structure that it speaks against, [P, N]: the first without a box says what is meant, others correct.
    private OnnxValue Least()
    {
        var isPoint_PN = Is(Inside).Add(Is(Outside));
        var places_PN = _graph.Node("CumSum", OnnxElementType.Float, isPoint_PN.Shape, [isPoint_PN, _graph.Integer(1)]);
        var first_PN = places_PN.Equal(_graph.Constant(1.0)).Cast(OnnxElementType.Float).Mul(isPoint_PN).Mul(HasBox().Neg().Add(1));
        return first_PN.Mul(SemanticPrior.Smallest - SemanticPrior.Corrected).Add(SemanticPrior.Corrected);
    }

    // Logarithms of how well structures fit the box, [P, K]; 0 without a box.
    private OnnxValue BoxScores(OnnxValue shares_KHW)
    {
        var (height, width) = (shares_KHW.Size(1), shares_KHW.Size(2));
        var shown = shares_KHW.Greater(_graph.Constant(0.5)).Cast(OnnxElementType.Float);
        var (left, right) = Extent(shown.ReduceMax([1]));
        var (top, bottom) = Extent(shown.ReduceMax([2]));
        var (wantedLeft, wantedRight) = (Scaled(Corner(_x_PN, TopLeft), width), Scaled(Corner(_x_PN, BottomRight), width));
        var (wantedTop, wantedBottom) = (Scaled(Corner(_y_PN, TopLeft), height), Scaled(Corner(_y_PN, BottomRight), height));
        var both = Length(left.Max(wantedLeft), right.Min(wantedRight)).Mul(Length(top.Max(wantedTop), bottom.Min(wantedBottom)));
        var either = Length(left, right).Mul(Length(top, bottom)).Add(Length(wantedLeft, wantedRight).Mul(Length(wantedTop, wantedBottom))).Sub(both);
        var overlap = both.Div(either.Max(_graph.Constant(1e-6)));
        var squared = overlap.Mul(overlap);
        return squared.Mul(squared).Add(SemanticPrior.Smallest).Log().Mul(HasBox());
    }

    // First and last place of an axis that shows a structure, [K]; far apart the wrong way round where none does.
    private (OnnxValue First, OnnxValue Last) Extent(OnnxValue shown_KL)
    {
        long length = shown_KL.Size(1);
        var places = _graph.Constant([.. Enumerable.Range(0, (int)length).Select(i => (float)i)], length);
        var seen = shown_KL.Greater(_graph.Constant(0.5));
        return (seen.Where(places, _graph.Constant(Nowhere)).ReduceMin([1]), seen.Where(places, _graph.Constant(-1.0)).ReduceMax([1]));
    }

    private static OnnxValue Length(OnnxValue from, OnnxValue to) => to.Sub(from).Add(1).Relu();

    // 1 where a point has a label, [P, N].
    private OnnxValue Is(double label) => labels_PN.Equal(_graph.Constant(label)).Cast(OnnxElementType.Float);

    // A coordinate of the corner with a label, [P, 1].
    private OnnxValue Corner(OnnxValue coordinate_PN, double label) => coordinate_PN.Mul(Is(label)).ReduceSum([1], keep: true);

    private OnnxValue HasBox() => Is(TopLeft).ReduceMax([1], keep: true);

    private OnnxValue Scaled(OnnxValue coordinate, long length) => coordinate.Add(0.5).Mul((double)length / side).Add(-0.5);

    // exp(-(x - X)^2 / 2 s^2) along an axis, [P, N, L].
    private OnnxValue Gaussian(OnnxValue coordinate_PN, long length)
    {
        double deviation = PointShare * side;
        var distance = coordinate_PN.Unsqueeze(-1).Sub(Centres(length));
        return distance.Mul(distance).Mul(-1 / (2 * deviation * deviation)).Exp();
    }

    private static OnnxValue Between(OnnxValue low_P1, OnnxValue high_P1, OnnxValue centres_L) =>
        centres_L.GreaterOrEqual(low_P1.Add(-0.5)).And(high_P1.Add(0.5).GreaterOrEqual(centres_L)).Cast(OnnxElementType.Float);

    private OnnxValue Centres(long length) =>
        _graph.Constant([.. Enumerable.Range(0, (int)length).Select(i => (float)(((i + 0.5) * side / length) - 0.5))], length);
}
