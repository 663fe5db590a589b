// Shape legend: ... = any leading dimensions, C = embedding dimension, h, w = grid.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Random Fourier features of positions (Tancik et al. 2020), as Segment Anything uses them: positions of 0 to 1 become
/// cat(sin, cos)(2 pi (2 p - 1) G) with a fixed normal matrix G. Buffer "positional_encoding_gaussian_matrix" [2, C / 2].
/// </summary>
internal sealed class PositionEncoding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "positional_encoding_gaussian_matrix")]
    private readonly Tensor _matrix;

    public PositionEncoding(long embedDim)
        : base(nameof(PositionEncoding))
    {
        _matrix = Weights.Own(zeros([2, embedDim / 2], float32));
        RegisterComponents();
    }

    /// <summary>The matrix G; it belongs to the module.</summary>
    public Tensor Matrix => _matrix;

    /// <summary>[..., 2], x before y, each 0 to 1, to [..., C].</summary>
    public override Tensor forward(Tensor positions)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        long[] shape = positions.shape;
        var centred = positions.reshape(-1, 2).Times(2).Plus(-1);
        var angles = centred.mm(_matrix).Times(2 * Math.PI);
        return cat([angles.sin(), angles.cos()], -1).reshape([.. shape[..^1], 2 * _matrix.shape[1]]).MoveToOuterDisposeScope();
    }

    /// <summary>The encoding of the centres of a grid's cells, [h, w, C].</summary>
    public Tensor OfGrid(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var y = Centres(rows).unsqueeze(1).expand(rows, columns);
        var x = Centres(columns).unsqueeze(0).expand(rows, columns);
        return forward(stack([x, y], -1).to(_matrix.device)).MoveToOuterDisposeScope();
    }

    private static Tensor Centres(long count) => tensor([.. Enumerable.Range(0, (int)count).Select(i => (i + 0.5f) / count)]);
}
