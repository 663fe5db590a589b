using EchoApex.Training.Loop;

namespace EchoApex.Training.Tests.Loop;

public sealed class StepReplayReportTests
{
    [Test]
    public void FirstNonFiniteTerm_SumListedFirst_IsTheTermBehindIt() =>
        Assert.That(Report(("loss", double.NaN), ("dino", 1), ("koleo", double.PositiveInfinity)).FirstNonFiniteTerm, Is.EqualTo("koleo"));

    [Test]
    public void FirstNonFiniteTerm_OnlyGradients_IsTheirNorm() =>
        Assert.That(Report(("loss", 1), ("gradient_norm", double.NaN), ("gradient_norm_head", double.NaN)).FirstNonFiniteTerm, Is.EqualTo("gradient_norm"));

    [Test]
    public void FirstNonFiniteTerm_AllFinite_IsNull() => Assert.That(Report(("loss", 1)).FirstNonFiniteTerm, Is.Null);

    [Test]
    public void Reproduced_LastBitDiffers_IsFalse()
    {
        var report = Report(("loss", 1), ("dino", double.NaN));
        Assert.That(report.Reproduced, Is.True, "NaN equals NaN here");
        Assert.That((report with { Replayed = new Dictionary<string, double> { ["loss"] = Math.BitIncrement(1), ["dino"] = double.NaN } }).Reproduced, Is.False);
        Assert.That((report with { Replayed = new Dictionary<string, double> { ["loss"] = 1 } }).Reproduced, Is.False);
    }

    private static StepReplayReport Report(params (string Name, double Value)[] terms)
    {
        var values = terms.ToDictionary(term => term.Name, term => term.Value);
        return new StepReplayReport { Step = 1, Recorded = values, Replayed = values, Samples = [], NonFiniteInputs = [], NonFiniteWeights = [], NonFiniteGradients = [] };
    }
}
