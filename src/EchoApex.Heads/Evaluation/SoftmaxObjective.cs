// Shape legend: N = samples, D = feature dimension, C = classes. Parameters: weights [C, D], then biases [C].
using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>Mean cross-entropy of a linear softmax classifier plus λ/2 times its squared weights, with its gradient.</summary>
internal sealed class SoftmaxObjective(double[] features_ND, IReadOnlyList<int> labels_N, int classes, double l2)
{
    // Fixed, so that the order of summation, and with it every bit of the result, is the same on any number of cores.
    private const int Blocks = 16;

    private readonly int _dimension = labels_N.Count == 0 ? 0 : features_ND.Length / labels_N.Count;

    public int ParameterCount => (classes * _dimension) + classes;

    public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        double[] point = parameters.ToArray();
        int blocks = Math.Min(Blocks, labels_N.Count);
        double[][] gradients = new double[blocks][];
        double[] losses = new double[blocks];
        Parallel.For(0, blocks, block =>
        {
            gradients[block] = new double[point.Length];
            losses[block] = EvaluateBlock(point, gradients[block], block, blocks);
        });

        gradient.Clear();
        double loss = 0;
        for (int block = 0; block < blocks; block++)
        {
            VectorMath.AddScaled(gradient, 1.0 / labels_N.Count, gradients[block]);
            loss += losses[block] / labels_N.Count;
        }

        int weights = classes * _dimension;
        VectorMath.AddScaled(gradient[..weights], l2, parameters[..weights]);
        return loss + (0.5 * l2 * VectorMath.Dot(parameters[..weights], parameters[..weights]));
    }

    /// <summary>Class probabilities of one sample; returns the logarithm of the softmax's denominator, relative to the logits.</summary>
    public static double Probabilities(ReadOnlySpan<double> features_D, ReadOnlySpan<double> parameters, Span<double> probabilities_C)
    {
        int classes = probabilities_C.Length;
        int dimension = features_D.Length;
        double top = double.NegativeInfinity;
        for (int c = 0; c < classes; c++)
        {
            probabilities_C[c] = VectorMath.Dot(features_D, parameters.Slice(c * dimension, dimension)) + parameters[(classes * dimension) + c];
            top = Math.Max(top, probabilities_C[c]);
        }

        double total = 0;
        for (int c = 0; c < classes; c++)
        {
            probabilities_C[c] = Math.Exp(probabilities_C[c] - top);
            total += probabilities_C[c];
        }

        for (int c = 0; c < classes; c++)
        {
            probabilities_C[c] /= total;
        }

        return top + Math.Log(total);
    }

    private double EvaluateBlock(double[] point, double[] gradient, int block, int blocks)
    {
        int first = (int)((long)labels_N.Count * block / blocks);
        int last = (int)((long)labels_N.Count * (block + 1) / blocks);
        double[] probabilities_C = new double[classes];
        double loss = 0;
        for (int i = first; i < last; i++)
        {
            var features_D = features_ND.AsSpan(i * _dimension, _dimension);
            int label = labels_N[i];
            double denominator = Probabilities(features_D, point, probabilities_C);
            loss += denominator - VectorMath.Dot(features_D, point.AsSpan(label * _dimension, _dimension)) - point[(classes * _dimension) + label];
            probabilities_C[label] -= 1;
            for (int c = 0; c < classes; c++)
            {
                VectorMath.AddScaled(gradient.AsSpan(c * _dimension, _dimension), probabilities_C[c], features_D);
                gradient[(classes * _dimension) + c] += probabilities_C[c];
            }
        }

        return loss;
    }
}
