using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.FineTuning;
using EchoApex.Training.Loop;

namespace EchoApex.Training.Tests.FineTuning;

/// <summary>A run that was interrupted and goes on has the numbers of one that was not.</summary>
[NoTensorLeaks]
public sealed class FineTuningResumeTests
{
    private static readonly FineTuningOptions Full = new()
    {
        Steps = 30, BatchSize = 6, Evaluations = 6, LearningRate = 2e-3, LogEvery = 4, CheckpointEvery = 7, AverageMomentum = 0.9,
        Adapters = new AdapterOptions { AllowLargerShare = true, Dropout = 0.2 },
    };

    private static readonly object[] Cases =
    [
        new object[] { "full", Full, 0.0 },
        new object[] { "stochastic depth", Full with { AverageMomentum = 0 }, 0.3 },
        new object[] { "adapters with dropout", Full with { Protocol = FineTuningProtocol.Adapter }, 0.0 },
        new object[] { "head alone", Full with { Protocol = FineTuningProtocol.Linear }, 0.0 },
    ];

    [TestCaseSource(nameof(Cases))]
    public void Run_CancelledAndResumed_EqualsAnUninterruptedRunToTheBit(string name, FineTuningOptions options, double dropPath)
    {
        using var folder = new TemporaryFolder();
        var (whole, expected) = Train(options, dropPath, folder.File("whole"), null);
        foreach (int stop in new[] { 3, 7, 11, 20, 29 })
        {
            string run = folder.File("stopped" + stop);
            var (cancelled, _) = Train(options, dropPath, run, stop);
            Assert.That((cancelled.End, cancelled.Steps), Is.EqualTo((FineTuningOutcome.Cancelled, stop)), name);
            var (resumed, weights) = Train(options with { Workers = 2 }, dropPath, run, null, resume: true);
            Assert.That((resumed.Steps, resumed.BestStep, resumed.BestSelection, resumed.End), Is.EqualTo((whole.Steps, whole.BestStep, whole.BestSelection, whole.End)), $"{name}, stopped after {stop}");
            Assert.That(weights, Is.EqualTo(expected), $"{name}, stopped after {stop}");
            Assert.That(File.ReadAllText(run + ".jsonl"), Is.EqualTo(File.ReadAllText(folder.File("whole.jsonl"))), $"{name}, stopped after {stop}");
        }
    }

    [Test]
    public void Run_KilledAfterACheckpoint_GoesOnFromIt()
    {
        using var folder = new TemporaryFolder();
        var (_, expected) = Train(Full, 0, folder.File("whole"), null);
        Assert.That(() => Train(Full, 0, folder.File("run"), 16, fail: true), Throws.InvalidOperationException);
        var (resumed, weights) = Train(Full, 0, folder.File("run"), null, resume: true);
        Assert.That(resumed.Steps, Is.EqualTo(30));
        Assert.That(weights, Is.EqualTo(expected));
        Assert.That(File.ReadAllText(folder.File("run.jsonl")), Is.EqualTo(File.ReadAllText(folder.File("whole.jsonl"))));
    }

    [Test]
    public void Run_KilledWhileACheckpointIsReplaced_HasTheOldOne()
    {
        using var folder = new TemporaryFolder();
        Train(Full, 0, folder.File("run"), 9);
        Directory.Move(folder.File("run"), folder.File("run.old"));
        var (resumed, _) = Train(Full, 0, folder.File("run"), null, resume: true);
        Assert.That(resumed.Steps, Is.EqualTo(30));
    }

    // The checkpoint of step 7 is that of the second evaluation, at which the patience ends.
    [Test]
    public void Run_KilledAfterItsPatienceEnded_StaysStopped()
    {
        using var folder = new TemporaryFolder();
        var options = Full with { Steps = 28, Evaluations = 4, Patience = 1, AverageMomentum = 0 };
        var (whole, _) = Train(options, 0, folder.File("run"), null, selections: [1, 0.5]);
        Assert.That((whole.Steps, whole.BestStep), Is.EqualTo((14, 7)));
        Assert.That(FineTuningLoop.CanResume(folder.File("run")), Is.True, "the loop leaves the checkpoint to its caller");
        var (resumed, _) = Train(options, 0, folder.File("run"), null, resume: true, selections: [2]);
        Assert.That((resumed.Steps, resumed.BestStep, resumed.End), Is.EqualTo((14, 7, whole.End)));
    }

    [Test]
    public void Run_Resumed_TakesAwayWhatKillsLeftHalfWritten()
    {
        using var folder = new TemporaryFolder();
        Train(Full, 0, folder.File("run"), 9);
        Directory.CreateDirectory(folder.File("run.0123.partial"));
        File.WriteAllText(folder.File("run.0123.partial/state.safetensors"), "half");
        File.WriteAllText(folder.File("run.jsonl.4567.partial"), "half");
        Train(Full, 0, folder.File("run"), null, resume: true);
        Assert.That(Directory.GetFileSystemEntries(folder.Path, "*.partial"), Is.Empty);
        Directory.CreateDirectory(folder.File("run.old"));
        FineTuningLoop.RemoveCheckpoint(folder.File("run"));
        Assert.That(Directory.GetDirectories(folder.Path), Is.Empty);
    }

    [Test]
    public void Run_NothingToResume_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => Train(Full, 0, folder.File("run"), null, resume: true), Throws.TypeOf<CheckpointException>().With.Message.Contains("no checkpoint to resume from"));
    }

    [Test]
    public void Run_AnotherEncoderUnderAdapters_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var adapters = Full with { Protocol = FineTuningProtocol.Adapter };
        Train(adapters, 0, folder.File("run"), 9);
        Assert.That(() => Train(adapters, 0, folder.File("run"), null, resume: true, encoderSeed: 4), Throws.TypeOf<CheckpointException>().With.Message.Contains("another one"));
    }

    [Test]
    public void Run_DamagedState_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Train(Full, 0, folder.File("run"), 9);
        File.WriteAllText(folder.File("run/state.json"), "{");
        Assert.That(() => Train(Full, 0, folder.File("run"), null, resume: true), Throws.TypeOf<CheckpointException>().With.Message.Contains("state.json"));
    }

    private static (FineTuningOutcome Outcome, float[] Weights) Train(FineTuningOptions options, double dropPath, string checkpoint, int? stopAfter, bool resume = false, bool fail = false, ulong encoderSeed = 3, double[]? selections = null)
    {
        using var encoder = UntrainedEncoder.Create(
            new BackboneConfig { Family = "vit", Architecture = "vit_custom", ImageSize = DiscTask.Side, PatchSize = 8, EmbedDim = 48, Depth = 2, Heads = 3, DropPathRate = dropPath },
            BackboneInitializationKind.FanIn,
            encoderSeed);
        using var task = new DiscTask(encoder.FeatureDimension) { Selections = new Queue<double>(selections ?? []) };
        using var stop = new CancellationTokenSource();
        int losses = 0;
        task.AfterLoss = () =>
        {
            if (++losses == stopAfter)
            {
                if (fail)
                {
                    throw new InvalidOperationException("killed");
                }

                stop.Cancel();
            }
        };
        var loop = new FineTuningLoop(options);
        using var adapters = loop.Attach(encoder);
        var outcome = loop.Run(encoder, adapters, task, new FineTuningFiles { Metrics = checkpoint + ".jsonl", Checkpoint = checkpoint, Resume = resume }, null, stop.Token);
        float[] weights = [.. encoder.Module.parameters().Concat(task.Head.parameters()).Concat(adapters?.Parameters.Select(entry => entry.Parameter) ?? []).SelectMany(parameter => parameter.data<float>().ToArray())];
        return (outcome, weights);
    }
}
