using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// Limited-memory BFGS with a line search for the strong Wolfe conditions.
/// Source: Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4, 7.5, 3.5 and 3.6.
/// </summary>
internal static class Lbfgs
{
    private const double SufficientDecrease = 1e-4;
    private const double Curvature = 0.9;

    /// <summary>Writes the gradient at a point and returns the value there.</summary>
    public delegate double Objective(ReadOnlySpan<double> point, Span<double> gradient);

    /// <summary>Minimises from a starting point, which is overwritten with the best point found.</summary>
    /// <returns>The value there, the largest absolute entry of the gradient there, and the iterations made.</returns>
    public static (double Value, double GradientNorm, int Iterations) Minimize(Objective objective, double[] point, double tolerance, int maximumIterations, CancellationToken cancellationToken, int history = 12)
    {
        int n = point.Length;
        double[] gradient = new double[n];
        double value = objective(point, gradient);
        var steps = new LinkedList<(double[] Step, double[] Change, double Inverse)>();
        double[] direction = new double[n];
        int iteration = 0;
        for (; iteration < maximumIterations && Norm(gradient) > tolerance; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FindDirection(gradient, steps, direction);
            double first = steps.Count == 0 ? Math.Min(1, 1 / Math.Sqrt(VectorMath.Dot(gradient, gradient))) : 1;
            var (length, newValue, newPoint, newGradient) = Search(objective, point, value, gradient, direction, first);
            if (length == 0)
            {
                break; // No descent is left that double precision can see.
            }

            double[] step = new double[n];
            double[] change = new double[n];
            for (int i = 0; i < n; i++)
            {
                step[i] = newPoint[i] - point[i];
                change[i] = newGradient[i] - gradient[i];
            }

            double product = VectorMath.Dot(step, change);
            if (product > 1e-300)
            {
                steps.AddLast((step, change, 1 / product));
                if (steps.Count > history)
                {
                    steps.RemoveFirst();
                }
            }

            newPoint.CopyTo(point, 0);
            newGradient.CopyTo(gradient, 0);
            value = newValue;
        }

        return (value, Norm(gradient), iteration);
    }

    private static double Norm(double[] gradient) => gradient.Max(Math.Abs);

    // The two-loop recursion: -H g without ever forming H.
    private static void FindDirection(double[] gradient, LinkedList<(double[] Step, double[] Change, double Inverse)> steps, double[] direction)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            direction[i] = -gradient[i];
        }

        var weights = new Stack<double>();
        for (var node = steps.Last; node is not null; node = node.Previous)
        {
            double weight = node.Value.Inverse * VectorMath.Dot(node.Value.Step, direction);
            weights.Push(weight);
            VectorMath.AddScaled(direction, -weight, node.Value.Change);
        }

        if (steps.Last is { Value: var (_, change, inverse) })
        {
            double scale = 1 / (inverse * VectorMath.Dot(change, change));
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] *= scale;
            }
        }

        foreach (var (step, stepChange, stepInverse) in steps)
        {
            double back = stepInverse * VectorMath.Dot(stepChange, direction);
            VectorMath.AddScaled(direction, weights.Pop() - back, step);
        }
    }

    private static (double Length, double Value, double[] Point, double[] Gradient) Search(Objective objective, double[] point, double value, double[] gradient, double[] direction, double first)
    {
        double slope = VectorMath.Dot(gradient, direction);
        double[] trial = new double[point.Length];
        double[] trialGradient = new double[point.Length];
        double Evaluate(double length)
        {
            point.CopyTo(trial, 0);
            VectorMath.AddScaled(trial, length, direction);
            return objective(trial, trialGradient);
        }

        double low = 0, lowValue = value, lowSlope = slope, high = double.PositiveInfinity, length = first;
        for (int attempt = 0; attempt < 60; attempt++)
        {
            double trialValue = Evaluate(length);
            double trialSlope = VectorMath.Dot(trialGradient, direction);
            bool tooFar = !double.IsFinite(trialValue) || trialValue > value + (SufficientDecrease * length * slope) || trialValue > lowValue;
            if (!tooFar && Math.Abs(trialSlope) <= -Curvature * slope)
            {
                return (length, trialValue, trial, trialGradient);
            }

            // The interval [low, high] always holds a point that fits: low satisfies the decrease and slopes down towards high.
            if (tooFar || trialSlope > 0)
            {
                high = length;
                double width = high - low;
                double parabola = double.IsFinite(trialValue) && tooFar
                    ? low - (lowSlope * width * width / (2 * (trialValue - lowValue - (lowSlope * width))))
                    : low + (width * lowSlope / (lowSlope - trialSlope));
                length = double.IsFinite(parabola) ? Math.Clamp(parabola, low + (0.1 * width), high - (0.1 * width)) : low + (0.5 * width);
            }
            else
            {
                (low, lowValue, lowSlope) = (length, trialValue, trialSlope);
                length = double.IsPositiveInfinity(high) ? 2 * length : 0.5 * (low + high);
            }
        }

        // The last bracket collapsed: accept its lower end when it is an improvement.
        double last = low > 0 ? Evaluate(low) : value;
        return low > 0 && last < value ? (low, last, trial, trialGradient) : (0, value, point, gradient);
    }
}
