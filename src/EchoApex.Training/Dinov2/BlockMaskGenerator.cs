using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Dinov2;

/// <summary>Draws masks of rectangular blocks over a patch grid.</summary>
/// <remarks>
/// Bao et al., "BEiT", section 2.3 (blockwise masking); upstream: dinov2/data/masking.py. A mask reaches its target exactly in about
/// nine of ten draws and otherwise stays one or two patches below. Thread safety: instances hold no state.
/// </remarks>
public sealed class BlockMaskGenerator
{
    private const int Attempts = 10;

    private readonly double _maximumBlock;
    private readonly double _logAspect;

    /// <summary>Prepares masks of a grid.</summary>
    /// <param name="rows">Patches from top to bottom.</param>
    /// <param name="columns">Patches from left to right.</param>
    /// <param name="options">Sizes of the blocks; null for the defaults.</param>
    /// <exception cref="ConfigurationException">An option lies outside its range.</exception>
    public BlockMaskGenerator(int rows, int columns, BlockMaskOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Options = options ?? new BlockMaskOptions();
        OptionsValidator.Validate(Options, "block masks");
        (Rows, Columns) = (rows, columns);
        _maximumBlock = Options.MaximumBlock ?? Math.Floor(0.5 * rows * columns);
        _logAspect = Math.Log(Options.MinimumAspect);
    }

    /// <summary>Rows of the grid.</summary>
    public int Rows { get; }

    /// <summary>Columns of the grid.</summary>
    public int Columns { get; }

    /// <summary>The settings.</summary>
    public BlockMaskOptions Options { get; }

    /// <summary>Draws one mask.</summary>
    /// <param name="target">Number of patches to hide; 0 gives an empty mask.</param>
    /// <param name="random">Source of the random numbers.</param>
    /// <returns>Row by row, true where a patch is hidden; at most <paramref name="target"/> of them.</returns>
    public bool[] Generate(int target, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegative(target);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target, Rows * Columns);
        return Generate(target, random.NextDouble);
    }

    /// <summary>The same from any source of numbers in [0, 1), for replaying a reference's draws.</summary>
    internal bool[] Generate(int target, Func<double> uniform)
    {
        bool[] mask = new bool[Rows * Columns];
        int count = 0;
        while (count < target)
        {
            int added = AddBlock(mask, Math.Min(target - count, _maximumBlock), uniform);
            if (added == 0)
            {
                break;
            }

            count += added;
        }

        return mask;
    }

    // Where fewer patches remain than the smallest block has, the interval of areas is reversed; that is upstream's way too.
    private int AddBlock(bool[] mask, double maximum, Func<double> uniform)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = Options.MinimumBlock + ((maximum - Options.MinimumBlock) * uniform());
            double aspect = Math.Exp(_logAspect + (-2 * _logAspect * uniform()));
            int height = (int)Math.Round(Math.Sqrt(area * aspect), MidpointRounding.ToEven);
            int width = (int)Math.Round(Math.Sqrt(area / aspect), MidpointRounding.ToEven);
            if (width >= Columns || height >= Rows)
            {
                continue;
            }

            int top = (int)(uniform() * (Rows - height + 1));
            int left = (int)(uniform() * (Columns - width + 1));
            int fresh = Count(mask, top, left, height, width);
            if (fresh > 0 && fresh <= maximum)
            {
                Fill(mask, top, left, height, width);
                return fresh;
            }
        }

        return 0;
    }

    private int Count(bool[] mask, int top, int left, int height, int width)
    {
        int visible = 0;
        for (int row = top; row < top + height; row++)
        {
            visible += mask.AsSpan((row * Columns) + left, width).Count(false);
        }

        return visible;
    }

    private void Fill(bool[] mask, int top, int left, int height, int width)
    {
        for (int row = top; row < top + height; row++)
        {
            mask.AsSpan((row * Columns) + left, width).Fill(true);
        }
    }
}
