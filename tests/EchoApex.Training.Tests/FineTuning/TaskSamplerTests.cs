using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Training.FineTuning;

namespace EchoApex.Training.Tests.FineTuning;

public sealed class TaskSamplerTests
{
    // Class 0: patients a to e with two samples each; class 1: patient x with one, of another set.
    private static readonly TaskSample[] Samples =
    [
        .. Enumerable.Range(0, 10).Select(i => new TaskSample($"{(char)('a' + (i / 2))}", 0, 0)),
        new TaskSample("x", 1, 1),
    ];

    [Test]
    public void At_WithoutBalance_FollowsTheOrder()
    {
        var sampler = new TaskSampler(Samples, new FineTuningOptions());
        Assert.That(Enumerable.Range(0, 11).Select(i => sampler.At(0, i, 10 - i)), Is.EqualTo(Enumerable.Range(0, 11).Select(i => 10 - i)));
    }

    [TestCase(SamplingBalance.Class, 0.5)]
    [TestCase(SamplingBalance.SquareRoot, 0.24)]
    public void At_WithBalance_DrawsTheRareClassMoreOften(SamplingBalance balance, double expected)
    {
        var sampler = new TaskSampler(Samples, new FineTuningOptions { Balance = balance });
        double share = Enumerable.Range(0, 4000).Count(i => sampler.At(i / 11, i % 11, 0) == 10) / 4000.0;
        Assert.That(share, Is.EqualTo(expected).Within(0.03));
        Assert.That(sampler.At(3, 4, 0), Is.EqualTo(sampler.At(3, 4, 7)), "a draw depends on epoch and place alone");
    }

    [Test]
    public void At_WithShares_MixesTheSets()
    {
        var sampler = new TaskSampler(Samples, new FineTuningOptions { SetShares = [0.25, 0.75] });
        double share = Enumerable.Range(0, 4000).Count(i => sampler.At(i / 11, i % 11, 0) == 10) / 4000.0;
        Assert.That(share, Is.EqualTo(0.75).Within(0.03));
        Assert.That(
            () => new TaskSampler(Samples, new FineTuningOptions { SetShares = [1, 1, 1] }),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("there are 2 data sets"));
    }

    [Test]
    public void Samples_FewShot_AreWholePatientsOfEachClass()
    {
        var sampler = new TaskSampler(Samples, new FineTuningOptions { PatientsPerClass = 1 });
        Assert.That(sampler.Samples, Has.Count.EqualTo(3));
        Assert.That(sampler.Samples, Does.Contain(10));
        Assert.That(sampler.Samples.Take(2).Select(i => Samples[i].Patient).Distinct().Count(), Is.EqualTo(1));
        var patients = Enumerable.Range(0, 20).Select(seed => Samples[new TaskSampler(Samples, new FineTuningOptions { PatientsPerClass = 1, Seed = (ulong)seed }).Samples[0]].Patient);
        Assert.That(patients.Distinct().Count(), Is.GreaterThan(2), "the seed chooses");
    }

    [Test]
    public void Constructor_TooFewPatientsOrNone_SaysSo()
    {
        Assert.That(
            () => new TaskSampler(Samples, new FineTuningOptions { PatientsPerClass = 2 }),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("class 1 has 1 training patients"));
        Assert.That(() => new TaskSampler([], new FineTuningOptions()), Throws.TypeOf<ConfigurationException>().With.Message.Contains("no training sample"));
    }
}
