// Shape legend: M = side of the square table, h, w = rows and columns of the wanted grid, D = token dimension.
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// Resizes a table of position embeddings to another patch grid (interpolate_pos_encoding of DINO and DINOv2): bicubic
/// with a = -0.75, corners not aligned; the cls slot is not touched.
/// </summary>
internal static class PositionEmbedding
{
    /// <summary>The table for a grid.</summary>
    /// <param name="table_1TD">[1, 1 + M*M, D]: the cls slot, then the square table row by row.</param>
    /// <param name="gridHeight">h.</param>
    /// <param name="gridWidth">w.</param>
    /// <param name="offset">
    /// Above 0 the scale factors (h + offset) / M and (w + offset) / M are handed over, and the source coordinates follow
    /// them; at 0 the size is. The two give different tables.
    /// </param>
    /// <param name="antialias">Low-pass filter when shrinking.</param>
    /// <returns>[1, 1 + h*w, D], a new tensor or an alias of the table.</returns>
    public static Tensor Interpolate(Tensor table_1TD, int gridHeight, int gridWidth, double offset, bool antialias)
    {
        long slots = table_1TD.shape[1] - 1;
        long dimension = table_1TD.shape[2];

        // As in the reference the table is taken as it stands only for a square grid: 2 x 8 patches and a 4 x 4 table do interpolate.
        if ((long)gridHeight * gridWidth == slots && gridHeight == gridWidth)
        {
            return table_1TD.alias();
        }

        using var scope = NewDisposeScope();
        long side = (long)Math.Round(Math.Sqrt(slots));
        var square_1DMM = SinglePrecision(table_1TD.narrow(1, 1, slots)).view(1, side, side, dimension).permute(0, 3, 1, 2);
        double[]? factors = offset > 0 ? [(gridHeight + offset) / side, (gridWidth + offset) / side] : null;
        long[]? size = offset > 0 ? null : [gridHeight, gridWidth];
        var resized_1Dhw = nn.functional.interpolate(square_1DMM, size, factors, InterpolationMode.Bicubic, align_corners: false, antialias: antialias);
        if (resized_1Dhw.shape[2] != gridHeight || resized_1Dhw.shape[3] != gridWidth)
        {
            throw new InvalidOperationException($"The position table became {resized_1Dhw.shape[2]} x {resized_1Dhw.shape[3]} instead of {gridHeight} x {gridWidth}.");
        }

        var patches_1ND = resized_1Dhw.flatten(2).transpose(1, 2).to(table_1TD.dtype);
        return cat([table_1TD.narrow(1, 0, 1), patches_1ND], 1).MoveToOuterDisposeScope();
    }

    // The reference resizes in float32 whatever the network's type; a double-precision network keeps its precision.
    private static Tensor SinglePrecision(Tensor table) => table.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? table.to(float32) : table;
}
