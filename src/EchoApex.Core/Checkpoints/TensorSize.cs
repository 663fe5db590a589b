namespace EchoApex.Core.Checkpoints;

/// <summary>Sizes that a file declares, computed without overflow.</summary>
internal static class TensorSize
{
    /// <summary>More dimensions than this, PyTorch's own limit, are taken for damage.</summary>
    public const int MaxDimensions = 64;

    /// <summary>Number of bytes of a shape; false where a size is negative or the product (zeros left out) exceeds 2^62.</summary>
    public static bool TryByteLength(IReadOnlyList<long> shape, int elementSize, out long bytes)
    {
        const long limit = 1L << 62;
        bytes = 0;
        if (shape.Count > MaxDimensions)
        {
            return false;
        }

        long product = elementSize;
        bool empty = false;
        foreach (long size in shape)
        {
            if (size < 0)
            {
                return false;
            }

            if (size == 0)
            {
                empty = true;
            }
            else if (product > limit / size)
            {
                return false;
            }
            else
            {
                product *= size;
            }
        }

        bytes = empty ? 0 : product;
        return true;
    }
}
