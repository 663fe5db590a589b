namespace EchoApex.Core.Arrays;

/// <summary>An array as an .npy file holds it: shape and elements in C order.</summary>
/// <typeparam name="T">Element type: byte, int, long, float or double.</typeparam>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Values">Elements in C order; their number is the product of the shape.</param>
public sealed record NumpyArray<T>(IReadOnlyList<long> Shape, T[] Values)
    where T : unmanaged;
