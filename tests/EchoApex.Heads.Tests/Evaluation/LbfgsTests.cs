using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class LbfgsTests
{
    [Test]
    public void Minimize_Rosenbrock_FindsTheMinimumAtOne()
    {
        double[] point = [-1.2, 1, -1.2, 1];
        var (value, gradientNorm, iterations) = Lbfgs.Minimize(Rosenbrock, point, 1e-8, 500, default);
        Assert.That(point, Is.All.EqualTo(1.0).Within(1e-6));
        Assert.That(value, Is.LessThan(1e-12));
        Assert.That(gradientNorm, Is.LessThanOrEqualTo(1e-8));
        Assert.That(iterations, Is.LessThan(100));
    }

    [Test]
    public void Minimize_BadlyScaledQuadratic_Converges()
    {
        double[] point = [1, 1, 1, 1, 1, 1];
        var (_, gradientNorm, _) = Lbfgs.Minimize(
            (x, g) =>
            {
                double value = 0;
                for (int i = 0; i < x.Length; i++)
                {
                    double scale = Math.Pow(10, i);
                    g[i] = scale * (x[i] - i);
                    value += 0.5 * scale * (x[i] - i) * (x[i] - i);
                }

                return value;
            },
            point,
            1e-7,
            200,
            default);
        Assert.That(gradientNorm, Is.LessThanOrEqualTo(1e-7));
        Assert.That(point, Is.EqualTo(new double[] { 0, 1, 2, 3, 4, 5 }).Within(1e-6));
    }

    [Test]
    public void Minimize_AtTheMinimum_DoesNothing()
    {
        double[] point = [1, 1];
        Assert.That(Lbfgs.Minimize(Rosenbrock, point, 1e-8, 500, default).Iterations, Is.Zero);
    }

    private static double Rosenbrock(ReadOnlySpan<double> x, Span<double> gradient)
    {
        double value = 0;
        for (int i = 0; i < x.Length; i += 2)
        {
            double a = 1 - x[i], b = x[i + 1] - (x[i] * x[i]);
            value += (a * a) + (100 * b * b);
            gradient[i] = (-2 * a) - (400 * x[i] * b);
            gradient[i + 1] = 200 * b;
        }

        return value;
    }
}
