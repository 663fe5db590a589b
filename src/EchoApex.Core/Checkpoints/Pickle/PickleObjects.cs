using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>A name that a pickle mentions: data, never code.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName { get; } = $"{Module}.{Name}";
}

/// <summary>An object that has no meaning for weights, such as argparse.Namespace. Its contents are dropped.</summary>
internal sealed record PickleOpaque(string TypeName);

/// <summary>A Python dict: pairs in the order written; a later pair of the same key replaces an earlier one.</summary>
/// <param name="pairs">Pairs that it was built from, as two-element tuples or lists: shared, not copied, so that a pickle cannot multiply them.</param>
internal sealed class PickleDict(IReadOnlyList<object?>? pairs = null)
{
    private readonly List<KeyValuePair<object?, object?>> _items = [];

    public void Add(object? key, object? value) => _items.Add(new(key, value));

    public IEnumerable<KeyValuePair<object?, object?>> Items =>
        (pairs ?? []).Select(pair => pair is IReadOnlyList<object?> { Count: 2 } two
            ? new KeyValuePair<object?, object?>(two[0], two[1])
            : throw new PickleException("builds a dict from something that is not pairs")).Concat(_items);
}

/// <summary>A block of bytes beside the pickle, which tensors are views of.</summary>
/// <param name="Key">Its name in the archive.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Elements">Number of elements of the part that may be used.</param>
/// <param name="Start">First element of that part.</param>
/// <param name="Total">Number of elements of the whole block.</param>
internal sealed record PickleStorage(string Key, ScalarType Dtype, long Elements, long Start, long Total);

/// <summary>A strided view of a storage; element sizes and strides are checked against it.</summary>
/// <param name="Storage">The block that the view lies in.</param>
/// <param name="Dtype">Element type of the view.</param>
/// <param name="FirstByte">First byte of the view within the block.</param>
/// <param name="Shape">Size of each dimension.</param>
/// <param name="Strides">Elements between neighbours of each dimension.</param>
/// <param name="SpanElements">Elements from the view's first to its last, both included; 0 for an empty view.</param>
internal sealed record PickleTensor(PickleStorage Storage, ScalarType Dtype, long FirstByte, long[] Shape, long[] Strides, long SpanElements)
{
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                {
                    return SpanElements == 0;
                }

                expected *= Shape[i];
            }

            return true;
        }
    }
}
