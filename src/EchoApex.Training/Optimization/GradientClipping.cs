using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>Limits gradients by their L2 norm, in place, and reports the norms from before.</summary>
/// <remarks>Where a gradient is not finite all are left as they are, and <see cref="GradientNorms.IsFinite"/> says so.</remarks>
public static class GradientClipping
{
    private const float Epsilon = 1e-6f;

    /// <summary>The norms alone.</summary>
    public static GradientNorms Measure(FlatParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var slices = parameters.Groups.SelectMany(group => group.Slices.Select(slice => (group, slice))).ToArray();
        var norms = slices.Select(entry => Norm(entry.group.Gradients.narrow(0, entry.slice.Offset, entry.slice.Length))).ToArray();
        // One transfer for all: reading them one by one would wait for the device each time.
        float[] values = [.. stack(norms).cpu().data<float>()];
        return new GradientNorms([.. slices.Select(entry => entry.slice.Name)], values);
    }

    /// <summary>DINO: each parameter's own gradient is limited (dino/utils.py clip_gradients).</summary>
    /// <param name="parameters">Parameters with gradients.</param>
    /// <param name="maximum">Largest norm, above 0.</param>
    public static GradientNorms ClipEachParameter(FlatParameters parameters, double maximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        var norms = Measure(parameters);
        if (norms.IsFinite)
        {
            Scale(parameters, name => Coefficient(norms[name], maximum));
        }

        return norms;
    }

    /// <summary>
    /// DINOv2: the norm over each submodule (backbone, head) is limited separately, as clip_grad_norm_ does
    /// (dinov2/train/train.py).
    /// </summary>
    /// <param name="parameters">Parameters with gradients.</param>
    /// <param name="maximum">Largest norm, above 0.</param>
    /// <param name="moduleOf">Name of a parameter's submodule; null for the part before the first dot.</param>
    public static GradientNorms ClipEachModule(FlatParameters parameters, double maximum, Func<string, string>? moduleOf = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        moduleOf ??= name => name.Split('.')[0];
        var norms = Measure(parameters);
        if (!norms.IsFinite)
        {
            return norms;
        }

        var coefficients = norms.Names.GroupBy(moduleOf).ToDictionary(
            module => module.Key,
            module => Coefficient((float)Math.Sqrt(module.Sum(name => (double)norms[name] * norms[name])), maximum),
            StringComparer.Ordinal);
        Scale(parameters, name => coefficients[moduleOf(name)]);
        return norms;
    }

    // float32 arithmetic in the order of the reference: (1 / (norm + 1e-6)) * maximum.
    private static float Coefficient(float norm, double maximum) => 1f / (norm + Epsilon) * (float)maximum;

    private static Tensor Norm(Tensor gradients) => gradients.dot(gradients).sqrt().to(float32);

    private static void Scale(FlatParameters parameters, Func<string, float> coefficientOf)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var group in parameters.Groups)
        {
            foreach (var slice in group.Slices)
            {
                float coefficient = coefficientOf(slice.Name);
                if (coefficient < 1)
                {
                    group.Gradients.narrow(0, slice.Offset, slice.Length).TimesInPlace(coefficient);
                }
            }
        }
    }
}
