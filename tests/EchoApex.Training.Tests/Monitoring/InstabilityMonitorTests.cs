using EchoApex.Core.Runtime;
using EchoApex.Training.Monitoring;

namespace EchoApex.Training.Tests.Monitoring;

public sealed class InstabilityMonitorTests
{
    [Test]
    public void Observe_HealthyRun_IsSilent()
    {
        // A loss that falls, then rises slowly as the teacher sharpens; gradients whose norm wanders within a factor of a few.
        var (monitor, random) = (new InstabilityMonitor(), new RandomStream(5));
        for (int i = 0; i < 3000; i++)
        {
            double loss = 6 - (2 * Math.Exp(-i / 500.0) * (i / 500.0)) + (0.1 * random.NextNormal());
            double norm = (1 + (i / 1000.0)) * Math.Exp(0.4 * random.NextNormal());
            Assert.That(monitor.Observe(loss, norm), Is.Empty, $"step {i}");
        }
    }

    [Test]
    public void Observe_LossSpike_IsNamedOnceUntilItWasGone()
    {
        var monitor = Warm();
        string warning = monitor.Observe(7, 1).Single();
        Assert.That(warning, Does.Contain("Loss spike: 7 after a mean of 5").And.Contain("Likely cause").And.Contain("optimization.learning_rate"));
        Assert.That(monitor.Observe(8, 1), Is.Empty);
        Assert.That(monitor.Observe(5, 1), Is.Empty);
        Assert.That(monitor.Observe(7, 1), Has.Count.EqualTo(1));
    }

    [TestCase(7.9, 0)]
    [TestCase(8.1, 1)]
    public void Observe_NoisyLoss_SpeaksBeyondSixDeviations(double loss, int warnings)
    {
        var monitor = new InstabilityMonitor();
        for (int i = 0; i < 100; i++)
        {
            monitor.Observe(5 + (i % 2 == 0 ? 0.5 : -0.5), 1);
        }

        Assert.That(monitor.Observe(loss, 1), Has.Count.EqualTo(warnings));
    }

    [Test]
    public void Observe_ExplodingGradients_AreNamedOnceAtTheThirdStep()
    {
        var monitor = Warm();
        Assert.That(monitor.Observe(5, 40), Is.Empty);
        Assert.That(monitor.Observe(5, 60), Is.Empty);
        Assert.That(monitor.Observe(5, 200).Single(), Does.Contain("Exploding gradients: norm 200, 200 times the usual 1").And.Contain("optimization.clip_gradient"));
        Assert.That(monitor.Observe(5, 900), Is.Empty);
        Assert.That(monitor.Observe(5, 1), Is.Empty);
        Assert.That(monitor.Observe(5, 40).Concat(monitor.Observe(5, 1)).Concat(monitor.Observe(5, 40)), Is.Empty, "single high steps are what clipping is for");
    }

    [Test]
    public void Observe_LastingLevel_BecomesTheMeasure()
    {
        var monitor = Warm();
        Assert.That(Enumerable.Range(0, 100).SelectMany(_ => monitor.Observe(9, 50)).Count(), Is.EqualTo(2), "a spike and an explosion");
        Assert.That(monitor.Observe(5, 1), Is.Empty);
        Assert.That(monitor.Observe(9, 50), Is.Empty);
    }

    [Test]
    public void Observe_FirstStepsAndNumbersThatAreNotFinite_AreNotJudged()
    {
        var monitor = new InstabilityMonitor();
        Assert.That(Enumerable.Range(0, 20).SelectMany(i => monitor.Observe(i * i, i * i)), Is.Empty);
        Assert.That(Warm().Observe(double.NaN, double.PositiveInfinity), Is.Empty);
    }

    private static InstabilityMonitor Warm()
    {
        var monitor = new InstabilityMonitor();
        for (int i = 0; i < 50; i++)
        {
            monitor.Observe(5, 1);
        }

        return monitor;
    }
}
