// Shape legend: B = clips, T = frames, M = B T, N = patches, D = encoder features, E = 2 D.
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.EjectionFraction;

[NoTensorLeaks]
public sealed class EjectionFractionHeadTests
{
    private const int D = 12;
    private static readonly EjectionFractionHeadOptions Small = new() { Width = 32, Depth = 2, Heads = 4 };

    [Test]
    public void Decode_UntrainedHead_SaysTheTrainingMean()
    {
        using var scope = NewDisposeScope();
        using var head = Head(Small);
        head.SetTargetStatistics(58, 9);
        using var output = head.Decode(Values(3, 5, 2 * D), Times(3, 5), ones(3, 5));
        Assert.That(output.Mean.data<float>().ToArray(), Is.All.EqualTo(58).Within(3));
        Assert.That(output.LogScale.data<float>().ToArray(), Is.All.EqualTo(Math.Log(9 + 1)).Within(0.4));
        Assert.That(head.TargetStatistics, Is.EqualTo((58d, 9d)));
        Assert.That(head.state_dict().Keys, Does.Contain("target_mean"));
        Assert.That(output.PhaseLogits.shape, Is.EqualTo(new long[] { 3, 5, 2 }));
        Assert.That(output.ClassLogits.shape, Is.EqualTo(new long[] { 3, 2 }));
    }

    [Test]
    public void Decode_MotionCurves_MatterWhereFramesDiffer()
    {
        using var scope = NewDisposeScope();
        using var head = Head(Small with { MotionCurves = 8 });
        var weight = head.state_dict()["ef.weight"];
        Assert.That(weight.shape, Is.EqualTo(new long[] { 2, 32 + 8 }));

        // The summary's part of the map is taken away: what is left says the mean unless frames differ.
        using (no_grad())
        {
            weight.narrow(1, 0, 32).FillInPlace(0);
            head.state_dict()["ef.bias"].FillInPlace(0);
            weight.narrow(1, 32, 8).FillInPlace(1);
        }

        head.SetTargetStatistics(50, 10);
        using var still = head.Decode(Values(1, 1, 2 * D).expand(1, 5, 2 * D), Times(1, 5), ones(1, 5));
        using var moving = head.Decode(Values(1, 5, 2 * D), Times(1, 5), ones(1, 5));
        Assert.That(still.Mean.ReadDouble(), Is.EqualTo(50).Within(1e-3));
        Assert.That(moving.Mean.ReadDouble(), Is.GreaterThan(51));
        using var without = Head(Small with { MotionCurves = 0 });
        Assert.That(without.state_dict().Keys, Has.None.StartsWith("motion"));
    }

    [Test]
    public void Decode_MinimumSpread_IsAFloor()
    {
        using var scope = NewDisposeScope();
        using var head = Head(Small with { MinimumSpread = 15 });
        head.SetTargetStatistics(58, 1e-3);
        using var output = head.Decode(Values(1, 5, 2 * D), Times(1, 5), ones(1, 5));
        Assert.That(output.LogScale.exp().ReadDouble(), Is.EqualTo(15).Within(0.01));
    }

    [Test]
    public void Decode_Padding_ChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var head = Head(Small);
        var frames_BTE = Values(2, 6, 2 * D);
        using var alone = head.Decode(frames_BTE.narrow(0, 0, 1).narrow(1, 0, 4), Times(1, 4), ones(1, 4));
        var valid_BT = ones(2, 6);
        valid_BT[0, 4].FillInPlace(0);
        valid_BT[0, 5].FillInPlace(0);
        using var padded = head.Decode(frames_BTE, Times(2, 6), valid_BT);
        Assert.That(padded.Mean[0].ReadDouble(), Is.EqualTo(alone.Mean[0].ReadDouble()).Within(1e-4));
        Assert.That(padded.ClassLogits[0].data<float>().ToArray(), Is.EqualTo(alone.ClassLogits[0].data<float>().ToArray()).Within(1e-5));
        Assert.That(padded.PhaseLogits[0].narrow(0, 0, 4).contiguous().data<float>().ToArray(), Is.EqualTo(alone.PhaseLogits[0].data<float>().ToArray()).Within(1e-4));
        Assert.That(padded.PhaseLogits[0].narrow(0, 4, 2).contiguous().data<float>().ToArray(), Is.All.LessThan(-9000));
    }

    [Test]
    public void Decode_FrameTimes_MatterUnlessTurnedOff()
    {
        using var scope = NewDisposeScope();
        var frames_BTE = Values(1, 4, 2 * D);
        double Run(EjectionFractionHeadOptions options, Tensor times_BT)
        {
            using var head = Head(options);
            using var output = head.Decode(frames_BTE, times_BT, ones(1, 4));
            return output.Mean.ReadDouble();
        }

        var slow = Times(1, 4).Times(3);
        var unknown = full([1, 4], double.NaN, float32);
        var even = Times(1, 4);
        Assert.That(Run(Small, slow), Is.Not.EqualTo(Run(Small, even)).Within(1e-5));
        Assert.That(Run(Small with { UseFrameTimes = false }, slow), Is.EqualTo(Run(Small with { UseFrameTimes = false }, even)));
        Assert.That(Run(Small with { NominalIntervalMs = 20 }, unknown), Is.EqualTo(Run(Small, even)).Within(1e-5), "even times are 20 ms apart");
        Assert.That(Run(Small with { NominalIntervalMs = 60 }, unknown), Is.EqualTo(Run(Small, slow)).Within(1e-5));
        Assert.That(Run(Small with { ShortestPeriodMs = 20 }, even), Is.Not.EqualTo(Run(Small, even)).Within(1e-6));
        Assert.That(Run(Small with { LongestPeriodMs = 900 }, even), Is.Not.EqualTo(Run(Small, even)).Within(1e-6));
    }

    [Test]
    public void PoolFrames_MeanAndAttention_Differ()
    {
        using var scope = NewDisposeScope();
        using var features = new BackboneFeatures(Values(1, 2, D).squeeze(0), Values(2, 9, D), 3, 3);
        using var mean = Head(Small with { Pooling = FramePooling.Mean });
        using var attention = Head(Small);
        var byMean_ME = mean.PoolFrames(features);
        var byAttention_ME = attention.PoolFrames(features);
        Assert.That(byMean_ME.shape, Is.EqualTo(new long[] { 2, 2 * D }));
        Assert.That(byMean_ME.narrow(1, D, D).contiguous().data<float>().ToArray(), Is.EqualTo(features.Patches.mean([1]).data<float>().ToArray()).Within(1e-6));
        Assert.That(byAttention_ME.narrow(1, 0, D).contiguous().data<float>().ToArray(), Is.EqualTo(features.Cls.data<float>().ToArray()));
        Assert.That(byAttention_ME.data<float>().ToArray(), Is.Not.EqualTo(byMean_ME.data<float>().ToArray()).Within(1e-5));
    }

    [Test]
    public void Constructor_DeeperOrWiderParts_HaveMoreParameters()
    {
        static long Count(EjectionFractionHeadOptions options)
        {
            using var head = Head(options);
            return head.parameters().Sum(parameter => parameter.numel());
        }

        Assert.That(Count(Small with { Depth = 3 }), Is.GreaterThan(Count(Small)));
        Assert.That(Count(Small with { MlpRatio = 4 }), Is.GreaterThan(Count(Small)));
        Assert.That(Count(Small with { Width = 64 }), Is.GreaterThan(Count(Small)));
    }

    [Test]
    public void Decode_OtherNumberOfHeads_SaysSomethingElse()
    {
        using var scope = NewDisposeScope();
        float[] Phases(int heads)
        {
            using var head = Head(Small with { Heads = heads });
            using var output = head.Decode(Values(1, 4, 2 * D), Times(1, 4), ones(1, 4));
            return output.PhaseLogits.data<float>().ToArray();
        }

        Assert.That(Phases(2), Is.Not.EqualTo(Phases(4)).Within(1e-7));
    }

    [Test]
    public void Constructor_WidthThatHeadsDoNotDivide_IsRefused() =>
        Assert.That(() => Head(Small with { Width = 36, Heads = 8 }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("16"));

    [TestCase(EjectionFractionLikelihood.Gaussian)]
    [TestCase(EjectionFractionLikelihood.Laplace)]
    public void Compute_KnownOutput_IsTheNegativeLogLikelihood(EjectionFractionLikelihood likelihood)
    {
        using var scope = NewDisposeScope();
        using var output = Output(60, Math.Log(5));
        using var targets = new Held(50, -1, -1);
        using var loss = new EjectionFractionLoss(new EjectionFractionLossOptions { Likelihood = likelihood }).Compute(output, targets.Value);
        double expected = (likelihood == EjectionFractionLikelihood.Gaussian ? 0.5 * 4 : 2) + Math.Log(5);
        Assert.That(loss.Terms["likelihood"].ReadDouble(), Is.EqualTo(expected).Within(1e-4));
        Assert.That(loss.Terms["phase"].ReadDouble(), Is.EqualTo(0), "no phase is known");
        Assert.That(loss.Terms["class"].ReadDouble(), Is.EqualTo(Math.Log(2)).Within(1e-5));
    }

    [Test]
    public void Compute_PhaseKnown_WantsItsFrame()
    {
        using var scope = NewDisposeScope();
        using var output = Output(60, 0);
        double Phase(int frame, double sigma)
        {
            using var targets = new Held(50, frame, -1);
            using var loss = new EjectionFractionLoss(new EjectionFractionLossOptions { PhaseSigmaMs = sigma, PhaseWeight = 2, ClassWeight = 3 }).Compute(output, targets.Value);
            double total = loss.Terms["likelihood"].ReadDouble() + (2 * loss.Terms["phase"].ReadDouble()) + (3 * loss.Terms["class"].ReadDouble());
            Assert.That(loss.Total.ReadDouble(), Is.EqualTo(total).Within(1e-4));
            return loss.Terms["phase"].ReadDouble();
        }

        // The output believes in frame 1.
        Assert.That(Phase(1, 2), Is.LessThan(0.1));
        Assert.That(Phase(3, 2), Is.GreaterThan(4));
        Assert.That(Phase(1, 40), Is.GreaterThan(1));
    }

    [Test]
    public void Compute_Gradients_ReachEveryParameter()
    {
        using var scope = NewDisposeScope();
        using var head = Head(Small);
        using var features = new BackboneFeatures(Values(1, 8, D).squeeze(0), Values(8, 9, D), 3, 3);
        using var output = head.Decode(head.PoolFrames(features).view(2, 4, 2 * D), Times(2, 4), ones(2, 4));
        var targets = new EjectionFractionTargets(tensor(new float[] { 50, 30 }), tensor(new long[] { 0, 2, 1, 3 }).view(2, 2), Times(2, 4));
        using var loss = new EjectionFractionLoss(new EjectionFractionLossOptions()).Compute(output, targets);
        loss.Total.backward();
        foreach (var (name, parameter) in head.named_parameters())
        {
            // A bias added to all of a softmax's inputs has no effect.
            double largest = parameter.grad!.abs().max().ReadDouble();
            Assert.That(double.IsFinite(largest) && (largest > 0 || name == "pool_query.bias"), Is.True, name);
        }
    }

    private static EjectionFractionHead Head(EjectionFractionHeadOptions options) => new(D, options, new RandomStream(2));

    private static Tensor Values(int a, int b, int c)
    {
        float[] values = new float[a * b * c];
        new RandomStream(9).FillNormal(values, 0, 1);
        return tensor(values).reshape(a, b, c);
    }

    private static Tensor Times(int clips, int frames) => arange(frames, float32).Times(20).expand(clips, frames).contiguous();

    private static EjectionFractionOutput Output(double mean, double logScale) => new(
        tensor(new[] { (float)mean }), tensor(new[] { (float)logScale }), tensor(new float[] { 0, 0, 5, 0, 0, 0, 0, 0 }).view(1, 4, 2), zeros(1, 2));

    private sealed class Held : IDisposable
    {
        public Held(float percent, long diastole, long systole) =>
            Value = new EjectionFractionTargets(tensor(new[] { percent }), tensor(new[] { diastole, systole }).view(1, 2), Times(1, 4));

        public EjectionFractionTargets Value { get; }

        public void Dispose()
        {
            Value.Percent.Dispose();
            Value.PhaseFrames.Dispose();
            Value.TimesMs.Dispose();
        }
    }
}
