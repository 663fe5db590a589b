using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>
/// Arithmetic of tensors with numbers that is safe under garbage collection. Use it wherever code runs thousands of times.
/// </summary>
/// <remarks>
/// TorchSharp 0.107 turns a number into a finalizable Scalar, hands its native handle over and keeps no reference: a
/// collection during the native call may free the scalar while libtorch reads it ("Unknown scalar type", or a wrong
/// number). A training run beside loader threads meets that within minutes. Here each scalar lives until the call returns.
/// The same holds for <c>linalg.vector_norm</c> and <c>ToDouble()</c>, which make such scalars inside.
/// </remarks>
public static class TensorScalars
{
    /// <summary>A new tensor, each element times a number.</summary>
    public static Tensor Times(this Tensor tensor, double factor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar scalar = factor;
        return tensor.mul(scalar);
    }

    /// <summary>A new tensor, each element divided by a number.</summary>
    public static Tensor DividedBy(this Tensor tensor, double divisor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar scalar = divisor;
        return tensor.div(scalar);
    }

    /// <summary>A new tensor, each element plus a number.</summary>
    public static Tensor Plus(this Tensor tensor, double summand)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar scalar = summand;

        // Without it TorchSharp adds a factor of its own, a hidden scalar 1.
        using Scalar one = 1;
        return tensor.add(scalar, one);
    }

    /// <summary>The sum of two tensors; <c>a + b</c> makes a hidden scalar 1.</summary>
    public static Tensor Plus(this Tensor tensor, Tensor summand)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar one = 1;
        return tensor.add(summand, one);
    }

    /// <summary>Adds another tensor in place; returns the same tensor.</summary>
    public static Tensor PlusInPlace(this Tensor tensor, Tensor summand)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar one = 1;
        return tensor.add_(summand, one);
    }

    /// <summary>Multiplies in place; returns the same tensor.</summary>
    public static Tensor TimesInPlace(this Tensor tensor, double factor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar scalar = factor;
        return tensor.mul_(scalar);
    }

    /// <summary>Divides in place; returns the same tensor.</summary>
    public static Tensor DivideInPlace(this Tensor tensor, double divisor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar scalar = divisor;
        return tensor.div_(scalar);
    }

    /// <summary>Fills in place; returns the same tensor.</summary>
    public static Tensor FillInPlace(this Tensor tensor, double value)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using Scalar scalar = value;
        return tensor.fill_(scalar);
    }

    /// <summary>Moves towards another tensor in place: (1 - weight) * this + weight * end. Returns the same tensor.</summary>
    public static Tensor LerpInPlace(this Tensor tensor, Tensor end, double weight)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var amount = torch.tensor(weight);
        return tensor.lerp_(end, amount);
    }

    /// <summary>The Euclidean norm along one dimension, with gradient; not for vectors of zero length.</summary>
    public static Tensor EuclideanNorm(this Tensor tensor, long dimension, bool keepDimension = false)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var squares = tensor * tensor;
        using var sum = squares.sum(dimension, keepDimension);
        return sum.sqrt();
    }

    /// <summary>The value of a tensor of one element, read on the CPU.</summary>
    public static double ReadDouble(this Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var noGrad = no_grad();
        using var detached = tensor.detach();
        using var precise = detached.to(ScalarType.Float64);
        using var value = precise.cpu();
        return value.data<double>()[0];
    }
}
