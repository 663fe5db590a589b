// Shape legend: B = images, D = feature dimension.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>
/// The KoLeo regulariser: spreads the features of a batch by pushing each one away from its nearest neighbour.
/// </summary>
/// <remarks>
/// Sablayrolles et al., "Spreading vectors for similarity search"; Oquab et al., "DINOv2", section 4;
/// upstream: dinov2/loss/koleo_loss.py. Applied to the student's cls tokens before the head, once for each global crop.
/// </remarks>
public static class KoLeoLoss
{
    private const double Epsilon = 1e-8;

    /// <summary>-mean(log(distance to the nearest neighbour)) of the L2-normalised features, as a scalar with gradient.</summary>
    /// <param name="features_BD">Features [B, D] of different images; B at least 2.</param>
    /// <exception cref="ArgumentException">Not a matrix, or fewer than two rows: a lone image would be its own neighbour.</exception>
    public static Tensor Compute(Tensor features_BD)
    {
        ArgumentNullException.ThrowIfNull(features_BD);
        if (features_BD.dim() != 2 || features_BD.shape[0] < 2)
        {
            throw new ArgumentException(
                $"KoLeo needs the features of at least 2 images as [images, features]; got [{string.Join(", ", features_BD.shape)}].", nameof(features_BD));
        }

        using var scope = NewDisposeScope();
        // Half precision would lose the small distances; float64 is left alone.
        var precise_BD = features_BD.dtype == float64 ? features_BD : features_BD.to(float32);
        var unit_BD = nn.functional.normalize(precise_BD, 2, -1, Epsilon);
        var neighbours_BD = unit_BD.index_select(0, NearestNeighbours(unit_BD));
        // The epsilon inside the norm is part of PyTorch's PairwiseDistance and keeps its gradient finite.
        var distances_B = (unit_BD - neighbours_BD).Plus(Epsilon).EuclideanNorm(1);
        return distances_B.Plus(Epsilon).log().mean().neg().MoveToOuterDisposeScope();
    }

    /// <summary>For each unit vector the index of the one with the largest dot product, itself excluded: int64 [B].</summary>
    internal static Tensor NearestNeighbours(Tensor unit_BD)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var vectors_BD = unit_BD.detach();
        var dots_BB = vectors_BD.mm(vectors_BD.t());
        dots_BB.diagonal().FillInPlace(-1);
        return dots_BB.argmax(1).MoveToOuterDisposeScope();
    }
}
