// Shape legend: P = prompts, N = points of a prompt, T = sparse tokens, C = embedding dimension, h, w = patch grid.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Turns points, boxes and masks into tokens and a map; number- and key-compatible with PromptEncoder of Segment Anything
/// (Kirillov et al. 2023; segment_anything/modeling/prompt_encoder.py). Maps have their channels last here.
/// </summary>
/// <remarks>Results belong to the caller. Gradients flow to the learned tables unless the caller is in <c>no_grad</c>.</remarks>
public sealed class PromptEncoder : nn.Module
{
    private const int PointKinds = 4;

    [ComponentName(Name = "pe_layer")]
    private readonly PositionEncoding _positions;

    [ComponentName(Name = "point_embeddings")]
    private readonly ModuleList<TokenEmbedding> _points;

    [ComponentName(Name = "not_a_point_embed")]
    private readonly TokenEmbedding _notAPoint;

    [ComponentName(Name = "mask_downscaling")]
    private readonly MaskDownscaling _mask;

    [ComponentName(Name = "no_mask_embed")]
    private readonly TokenEmbedding _noMask;

    /// <summary>Creates the encoder with uninitialised weights.</summary>
    /// <param name="embedDim">C, a multiple of 4.</param>
    /// <param name="maskChannels">Channels inside the mask's way down, a multiple of 4; 16 in the reference.</param>
    public PromptEncoder(int embedDim, int maskChannels = 16)
        : base(nameof(PromptEncoder))
    {
        _positions = new PositionEncoding(embedDim);
        _points = new ModuleList<TokenEmbedding>([.. Enumerable.Range(0, PointKinds).Select(_ => new TokenEmbedding(1, embedDim))]);
        _notAPoint = new TokenEmbedding(1, embedDim);
        _mask = new MaskDownscaling(embedDim, maskChannels);
        _noMask = new TokenEmbedding(1, embedDim);
        RegisterComponents();
    }

    internal PositionEncoding Positions => _positions;

    /// <summary>The encoding of the patch grid, [h, w, C], which the decoder takes beside the image.</summary>
    /// <param name="rows">h.</param>
    /// <param name="columns">w.</param>
    public Tensor EncodeGrid(int rows, int columns) => _positions.OfGrid(rows, columns);

    /// <summary>Tokens of points and box corners.</summary>
    /// <param name="points_PN2">Pixels of the network's input, x before y; the centre of the first pixel is 0. float32 [P, N, 2].</param>
    /// <param name="labels_PN">float32 [P, N]: 1 inside the structure, 0 outside, 2 and 3 top left and bottom right of a box, -1 nothing.</param>
    /// <param name="height">Rows of the network's input.</param>
    /// <param name="width">Columns of the network's input.</param>
    /// <returns>[P, N, C].</returns>
    /// <exception cref="ArgumentException">The shapes do not belong together.</exception>
    public Tensor EncodePoints(Tensor points_PN2, Tensor labels_PN, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(points_PN2);
        ArgumentNullException.ThrowIfNull(labels_PN);
        if (points_PN2.dim() != 3 || points_PN2.shape[2] != 2 || !points_PN2.shape.AsSpan(0, 2).SequenceEqual(labels_PN.shape))
        {
            throw new ArgumentException(
                $"Points are [P, N, 2] and labels [P, N]; got [{string.Join(", ", points_PN2.shape)}] and [{string.Join(", ", labels_PN.shape)}].", nameof(points_PN2));
        }

        return EncodePoints(points_PN2, labels_PN, null, height, width);
    }

    /// <summary>The same with tokens of structures: label 4 + k stands for row k of a table, wherever its place is.</summary>
    internal Tensor EncodePoints(Tensor points_PN2, Tensor labels_PN, Tensor? structures_KC, int height, int width)
    {
        using var scope = NewDisposeScope();
        var size = tensor(new float[] { width, height }, device: points_PN2.device);
        var encoding_PNC = _positions.forward(points_PN2.Plus(0.5) / size);
        var kinds_PN = labels_PN.Plus(1);
        List<Tensor> tables = [_notAPoint.Table, .. _points.Select(point => point.Table)];
        if (structures_KC is not null)
        {
            tables.Add(structures_KC);
        }

        var learned_PNC = cat(tables).index_select(0, kinds_PN.reshape(-1).to(int64)).reshape(encoding_PNC.shape);

        // Nothing and structures have no place: their encoding is dropped.
        var ones_PN = ones_like(kinds_PN);
        var beforeStructures_PN = kinds_PN.Times(-1).Plus(PointKinds + 1).relu();
        var present_PN1 = minimum(kinds_PN, ones_PN).mul(minimum(beforeStructures_PN, ones_PN)).unsqueeze(-1);
        return (encoding_PNC * present_PN1).Plus(learned_PNC).MoveToOuterDisposeScope();
    }

    /// <summary>The tokens of prompts as the reference makes them: points, then a token of nothing when there is no box, then the two corners of the box.</summary>
    /// <param name="points_PN2">Points, see <see cref="EncodePoints"/>; null for none.</param>
    /// <param name="labels_PN">Their labels; null with no points.</param>
    /// <param name="boxes_P4">Left, top, right, bottom in pixels of the input, [P, 4]; null for none.</param>
    /// <param name="height">Rows of the network's input.</param>
    /// <param name="width">Columns of the network's input.</param>
    /// <returns>[P, T, C]; T is 0 without points and boxes, P then 1.</returns>
    public Tensor EncodeSparse(Tensor? points_PN2, Tensor? labels_PN, Tensor? boxes_P4, int height, int width)
    {
        using var scope = NewDisposeScope();
        var device = _notAPoint.Table.device;
        if (points_PN2 is null && boxes_P4 is null)
        {
            return zeros([1, 0, _notAPoint.Table.shape[1]], device: device).MoveToOuterDisposeScope();
        }

        List<Tensor> places = [];
        List<Tensor> labels = [];
        if (points_PN2 is not null)
        {
            ArgumentNullException.ThrowIfNull(labels_PN);
            places.Add(points_PN2);
            labels.Add(labels_PN);
            if (boxes_P4 is null)
            {
                places.Add(zeros([points_PN2.shape[0], 1, 2], device: device));
                labels.Add(full([points_PN2.shape[0], 1], -1f, device: device));
            }
        }

        if (boxes_P4 is not null)
        {
            places.Add(boxes_P4.reshape(-1, 2, 2));
            labels.Add(tensor(new float[] { 2, 3 }, device: device).unsqueeze(0).expand(boxes_P4.shape[0], 2));
        }

        return EncodePoints(cat(places, 1), cat(labels, 1), height, width).MoveToOuterDisposeScope();
    }

    /// <summary>The map of a mask prompt.</summary>
    /// <param name="masks_PHW">Logits at four times the patch grid, [P, 4 h, 4 w].</param>
    /// <returns>[P, h, w, C].</returns>
    public Tensor EncodeMasks(Tensor masks_PHW)
    {
        ArgumentNullException.ThrowIfNull(masks_PHW);
        using var map_PHW1 = masks_PHW.unsqueeze(-1);
        return _mask.forward(map_PHW1);
    }

    /// <summary>The map that stands for "no mask", [1, 1, 1, C], to be spread over prompts and grid.</summary>
    public Tensor EncodeNoMask() => _noMask.Table.view(1, 1, 1, -1);
}
