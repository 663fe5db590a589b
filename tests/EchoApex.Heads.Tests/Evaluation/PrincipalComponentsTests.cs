using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class PrincipalComponentsTests
{
    [Test]
    public void Fit_PointsOnALine_FindsDirectionAndVariance()
    {
        // t (3, 4) / 5 + (10, -2) with t = -2, -1, 0, 1, 2: variance of t is 2.5.
        float[] points = [.. new[] { -2, -1, 0, 1, 2 }.SelectMany(t => new[] { 10 + (t * 0.6f), -2 + (t * 0.8f) })];
        var components = PrincipalComponents.Fit(points, 2, 2);
        Assert.That(components.Component(0).ToArray(), Is.EqualTo(new[] { 0.6, 0.8 }).Within(1e-6));
        Assert.That(components.Variances[0], Is.EqualTo(2.5).Within(1e-5));
        Assert.That(components.Variances[1], Is.EqualTo(0).Within(1e-5));
        double[] projected = components.Project(points);
        Assert.That(new[] { projected[0], projected[2], projected[4], projected[6], projected[8] }, Is.EqualTo(new[] { -2.0, -1, 0, 1, 2 }).Within(1e-5));
    }

    [TestCase(200, 12)]
    [TestCase(8, 20)]
    public void Fit_TallAndWide_VariancesOfProjectionsAreTheEigenvalues(int rows, int dimension)
    {
        float[] points = new float[rows * dimension];
        new RandomStream(1).FillNormal(points, 0, 1);
        for (int i = 0; i < rows; i++)
        {
            points[i * dimension] *= 5;
        }

        var components = PrincipalComponents.Fit(points, dimension, 5);
        double[] projected = components.Project(points);
        for (int k = 0; k < 5; k++)
        {
            double[] column = [.. Enumerable.Range(0, rows).Select(i => projected[(i * 5) + k])];
            Assert.That(column.Sum(), Is.EqualTo(0).Within(1e-6));
            Assert.That(column.Sum(x => x * x) / (rows - 1), Is.EqualTo(components.Variances[k]).Within(1e-6));
        }

        Assert.That(components.Variances, Is.Ordered.Descending);
    }

    [Test]
    public void Fit_MoreComponentsThanRows_IsCapped() =>
        Assert.That(PrincipalComponents.Fit(new float[] { 1, 2, 3, 4, 6, 5 }, 2, 50).Count, Is.EqualTo(2));
}
