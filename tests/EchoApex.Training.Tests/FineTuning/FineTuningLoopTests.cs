using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.FineTuning;
using EchoApex.Training.Loop;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.FineTuning;

[NoTensorLeaks]
public sealed class FineTuningLoopTests
{
    private static readonly FineTuningOptions Quick = new()
    {
        Steps = 60,
        BatchSize = 12,
        Evaluations = 3,
        LearningRate = 2e-3,
        Adapters = new AdapterOptions { AllowLargerShare = true },
    };

    [Test]
    public void Run_OnASimpleTask_Learns()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension);
        var outcome = Run(Quick with { Steps = 150, LearningRate = 3e-3 }, encoder, task);
        Assert.That((outcome.Steps, outcome.End, outcome.Samples), Is.EqualTo((150, "finished", 24)));
        Assert.That(outcome.BestSelection, Is.GreaterThan(0.9));
        using var noGradient = no_grad();
        Assert.That(task.Evaluate(encoder, DataSplit.Validation).Selection, Is.EqualTo(outcome.BestSelection), "the best weights are in place");
    }

    // On an encoder of random weights adapters can do little, but more than the head alone.
    [Test]
    public void Run_WithAdapters_FitsBetterThanTheHeadAlone()
    {
        double Loss(FineTuningProtocol protocol)
        {
            using var encoder = Encoder();
            using var task = new DiscTask(encoder.FeatureDimension);
            var loop = new FineTuningLoop(Quick with { Protocol = protocol, Steps = 300, Evaluations = 0, LogEvery = 50, LearningRate = 3e-3, Adapters = Quick.Adapters with { Scale = 1, Dropout = 0 } });
            using var adapters = loop.Attach(encoder);
            var losses = new Losses();
            loop.Run(encoder, adapters, task, progress: losses);
            return losses.Last;
        }

        Assert.That(Loss(FineTuningProtocol.Adapter), Is.LessThan(Loss(FineTuningProtocol.Linear) - 0.02));
    }

    [TestCase(FineTuningProtocol.Adapter)]
    [TestCase(FineTuningProtocol.Linear)]
    public void Run_WithAFrozenEncoder_LeavesItsWeights(FineTuningProtocol protocol)
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension);
        using var scope = NewDisposeScope();
        var before = encoder.Module.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        var headBefore = task.Head.parameters().First().clone();
        var outcome = Run(Quick with { Protocol = protocol, Steps = 5 }, encoder, task);
        foreach (var (key, value) in encoder.Module.state_dict())
        {
            Assert.That(value.equal(before[key]).all().item<bool>(), key);
        }

        Assert.That(task.Head.parameters().First().equal(headBefore).all().item<bool>(), Is.False);
        Assert.That(outcome.EncoderShare, protocol == FineTuningProtocol.Linear ? Is.Zero : Is.GreaterThan(0));
    }

    [Test]
    public void Run_Twice_GivesTheSameWeights()
    {
        float[] Weights(int workers)
        {
            using var encoder = Encoder();
            using var task = new DiscTask(encoder.FeatureDimension);
            Run(Quick with { Steps = 8, Workers = workers, Protocol = FineTuningProtocol.Adapter }, encoder, task);
            return [.. task.Head.parameters().First().data<float>()];
        }

        Assert.That(Weights(3), Is.EqualTo(Weights(1)));
    }

    [Test]
    public void Run_WhenValidationGetsWorse_KeepsTheBestAndStopsEarly()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension) { Selections = new Queue<double>([0.5, 0.9, 0.8, 0.7, 0.6]) };
        var outcome = Run(Quick with { Steps = 40, Evaluations = 10, Patience = 2 }, encoder, task);
        Assert.That((outcome.BestStep, outcome.BestSelection, outcome.Steps), Is.EqualTo((8, 0.9, 16)));
        Assert.That(outcome.End, Does.Contain("no better for 2"));
    }

    [Test]
    public void Run_WithUnreadableSamples_ReplacesAndCountsThem()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension) { Broken = [3, 4] };
        var outcome = Run(Quick with { Steps = 6, Evaluations = 0 }, encoder, task);
        Assert.That(outcome.UnreadableDraws, Is.GreaterThanOrEqualTo(4));
        Assert.That(outcome.UnreadableReasons, Does.Contain("sample 3: is broken."));
    }

    [Test]
    public void Run_WhenNothingCanBeRead_SaysSo()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension) { Broken = [.. Enumerable.Range(0, 24)] };
        Assert.That(() => Run(Quick with { Steps = 6 }, encoder, task), Throws.TypeOf<EchoApexException>().With.Message.Contains("in a row cannot be read"));
    }

    [Test]
    public void Run_WithALossThatIsNotFinite_StopsBeforeTheStep()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension) { LossFactor = double.PositiveInfinity };
        Assert.That(() => Run(Quick, encoder, task), Throws.TypeOf<EchoApexException>().With.Message.Contains("learning_rate").And.Message.Contains("entropy"));
    }

    [TestCase(0.0)]
    [TestCase(1.0)]
    public void Run_WithGradientsThatAreNotFinite_StopsBeforeTheStep(double clip)
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension) { SteepLoss = true };
        Assert.That(() => Run(Quick with { ClipGradient = clip }, encoder, task), Throws.TypeOf<EchoApexException>().With.Message.Contains("Gradients of disc are not finite at step 0").And.Message.Contains("learning_rate"));
        Assert.That(task.Head.parameters().SelectMany(parameter => parameter.data<float>().ToArray()), Has.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Run_Cancelled_KeepsTheBestWeightsSoFar()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension);
        using var stop = new CancellationTokenSource();
        var loop = new FineTuningLoop(Quick with { LogEvery = 1 });
        var outcome = loop.Run(encoder, null, task, progress: new Stopper(stop, 22), cancellationToken: stop.Token);
        Assert.That((outcome.Steps, outcome.End, outcome.BestStep), Is.EqualTo((22, "cancelled", 20)));
    }

    [Test]
    public void Run_WithAveragedWeights_JudgesTheMean()
    {
        float[] Weights(double momentum)
        {
            using var encoder = Encoder();
            using var task = new DiscTask(encoder.FeatureDimension);
            Run(Quick with { Steps = 20, AverageMomentum = momentum }, encoder, task);
            return [.. task.Head.parameters().First().data<float>()];
        }

        Assert.That(Weights(0.9), Is.Not.EqualTo(Weights(0)));
    }

    [TestCase(nameof(FineTuningOptions.EncoderRate))]
    [TestCase(nameof(FineTuningOptions.LayerDecay))]
    [TestCase(nameof(FineTuningOptions.WeightDecay))]
    [TestCase(nameof(FineTuningOptions.WarmupShare))]
    [TestCase(nameof(FineTuningOptions.ClipGradient))]
    [TestCase(nameof(FineTuningOptions.FinalLearningRate))]
    [TestCase(nameof(FineTuningOptions.Seed))]
    [TestCase(nameof(FineTuningOptions.Precision))]
    public void Run_EachOption_HasAnEffect(string option)
    {
        float[] Weights(FineTuningOptions options)
        {
            using var encoder = Encoder();
            using var task = new DiscTask(encoder.FeatureDimension);
            Run(options, encoder, task);
            return [.. encoder.Module.parameters().First(parameter => parameter.dim() > 1).data<float>(), .. task.Head.parameters().First().data<float>()];
        }

        var options = Quick with { Steps = 4, Evaluations = 0, ClipGradient = 1e-3 };
        var changed = option switch
        {
            nameof(options.EncoderRate) => options with { EncoderRate = 2 },
            nameof(options.LayerDecay) => options with { LayerDecay = 1 },
            nameof(options.WeightDecay) => options with { WeightDecay = 5 },
            nameof(options.WarmupShare) => options with { WarmupShare = 0.9 },
            nameof(options.FinalLearningRate) => options with { FinalLearningRate = 1e-3 },
            nameof(options.Seed) => options with { Seed = 5 },
            nameof(options.Precision) => options with { Precision = Precision.Bf16 },
            _ => options with { ClipGradient = 0 },
        };
        Assert.That(Weights(changed), Is.Not.EqualTo(Weights(options)));
    }

    [Test]
    public void Run_ProtocolAndAdaptersThatDoNotFit_AreRefused()
    {
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension);
        Assert.That(() => new FineTuningLoop(Quick with { Protocol = FineTuningProtocol.Linear }).Run(encoder, null, task), Throws.ArgumentException);
    }

    private static FineTuningOutcome Run(FineTuningOptions options, IBackbone encoder, DiscTask task)
    {
        var loop = new FineTuningLoop(options);
        using var adapters = loop.Attach(encoder);
        return loop.Run(encoder, adapters, task);
    }

    private static IBackbone Encoder() => UntrainedEncoder.Create(
        new BackboneConfig { Family = "vit", Architecture = "vit_custom", ImageSize = DiscTask.Side, PatchSize = 8, EmbedDim = 48, Depth = 2, Heads = 3 },
        BackboneInitializationKind.FanIn,
        seed: 3);

    // Every tenth step is reported before its evaluation or checkpoint gives memory back: at step 30, at step 20, and at the end alone.
    [TestCase(2, 1000, 30)]
    [TestCase(0, 20, 20)]
    [TestCase(0, 1000, 60)]
    [NonParallelizable]
    [Platform("Linux")]
    public void Run_AfterAnEvaluationOrCheckpointAndAtTheEnd_GivesFreedMemoryBack(int evaluations, int checkpointEvery, int first)
    {
        using var folder = new TemporaryFolder();
        using var encoder = Encoder();
        using var task = new DiscTask(encoder.FeatureDimension);
        using var holes = new HeapHoles();
        var loop = new FineTuningLoop(Quick with { Evaluations = evaluations, CheckpointEvery = checkpointEvery, LogEvery = 10 });
        int lastHeld = 0;
        loop.Run(encoder, adapters: null, task, new FineTuningFiles { Checkpoint = folder.File("checkpoint") }, new Watcher(step => lastHeld = holes.AreReleased ? lastHeld : step));
        Assert.That(holes.AreReleased);
        Assert.That(lastHeld, Is.EqualTo(first), "the last report before memory was given back");
    }

    private sealed class Watcher(Action<int> onStep) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value) => onStep(value.Step);
    }

    private sealed class Losses : IProgress<FineTuningProgress>
    {
        public double Last { get; private set; }

        public void Report(FineTuningProgress value) => Last = value.Loss;
    }

    private sealed class Stopper(CancellationTokenSource stop, int step) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value)
        {
            if (value.Step >= step)
            {
                stop.Cancel();
            }
        }
    }
}
