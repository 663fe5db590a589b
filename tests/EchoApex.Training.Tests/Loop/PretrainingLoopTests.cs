using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Loop;
using static EchoApex.Training.Tests.Loop.RunFiles;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

[NoTensorLeaks]
[NonParallelizable]
public sealed class PretrainingLoopTests
{
    [Test]
    public void Run_ToTheEnd_WritesTheRunFolder()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        var progress = new RecordingProgress();
        using var loop = TinyRun.Open(TinyRun.Options with { Run = TinyRun.Options.Run with { TensorBoard = true, CheckpointEvery = 2, KeepCheckpoints = 2 } }, run);
        var outcome = loop.Run(progress);
        Assert.Multiple(() =>
        {
            Assert.That(outcome.Completed, Is.True);
            Assert.That(outcome.Step, Is.EqualTo(12));
            Assert.That(outcome.SkippedClips.Single().Path, Is.EqualTo("bad"));
            Assert.That(Directory.GetDirectories(Path.Combine(run, "checkpoints")).Select(Path.GetFileName).Order(), Is.EqualTo(new[] { "step-000010", "step-000012" }));
            Assert.That(Directory.GetFiles(Path.Combine(run, "tensorboard")), Has.Length.EqualTo(1));
            Assert.That(File.ReadAllText(Path.Combine(run, "config.yaml")), Does.StartWith("# data: 7 clips x 2 = 14 samples a pass\n").And.Contain("(DINO's linear rule)").And.Contain("\n  learning_rate: 0.05\n"));
            Assert.That(progress.Reports.Select(report => report.Step), Is.EqualTo(Enumerable.Range(1, 12)));
            Assert.That(progress.Reports[^1].Remaining, Is.EqualTo(TimeSpan.Zero));
        });

        var lines = Lines(run);
        Assert.That(lines.Select(line => line.GetProperty("step").GetInt64()), Is.EqualTo(Enumerable.Range(1, 12)));
        string[] expected = ["loss", "dino", "koleo", "gradient_norm", "learning_rate", "weight_decay", "teacher_momentum", "teacher_temperature", "teacher_entropy", "teacher_kl_to_uniform", "center_norm", "prototype_usage", "feature_rank", "feature_std", "epoch", "images_per_second", "live_tensors", "skipped_clips", "memory_mib", "share_data", "share_teacher", "share_student", "share_backward", "share_optimizer", "share_other"];
        Assert.That(lines[^1].EnumerateObject().Select(property => property.Name), Is.SupersetOf(expected));
        double[] shares = [.. lines[^1].EnumerateObject().Where(property => property.Name.StartsWith("share_", StringComparison.Ordinal)).Select(property => property.Value.GetDouble())];
        Assert.That(shares, Is.All.InRange(0, 1));
        Assert.That(shares.Sum(), Is.EqualTo(1).Within(1e-3));
        Assert.That(lines.Select(line => line.GetProperty("epoch").GetDouble()).Distinct(), Is.EqualTo(new double[] { 0, 1, 2, 3 }));
    }

    [TestCase(TeacherTargets.Centering, 5)]
    [TestCase(TeacherTargets.SinkhornKnopp, 7)]
    public void Run_CancelledAndResumed_EqualsAnUninterruptedRunToTheBit(TeacherTargets targets, int cancelAt)
    {
        using var folder = new TemporaryFolder();
        var options = TinyRun.With(TinyRun.Options, targets);
        using (var whole = TinyRun.Open(options, folder.File("whole")))
        {
            whole.Run();
        }

        using var source = new CancellationTokenSource();
        using (var first = TinyRun.Open(options, folder.File("parts")))
        {
            var outcome = first.Run(new RecordingProgress(report =>
            {
                if (report.Step == cancelAt)
                {
                    source.Cancel();
                }
            }), source.Token);
            Assert.That((outcome.Completed, outcome.Step), Is.EqualTo((false, (long)cancelAt)), "the step at hand is finished, no further one begun");
        }

        // Another number of workers must not matter.
        using (var second = TinyRun.Open(options with { Data = options.Data with { Workers = 1, PrefetchBatches = 5 } }, folder.File("parts"), resume: true))
        {
            Assert.That(second.StartStep, Is.EqualTo(cancelAt));
            Assert.That(second.Run().Completed, Is.True);
        }

        Assert.That(State(folder.File("parts"), 12), Is.EqualTo(State(folder.File("whole"), 12)), "student, teacher, optimizer and center");
        Assert.That(Numbers(folder.File("parts")), Is.EqualTo(Numbers(folder.File("whole"))), "metrics");
    }

    [Test]
    public void Run_KilledBetweenCheckpoints_ResumesFromTheLastOneAndCutsTheMetrics()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        var options = TinyRun.Options with { Run = TinyRun.Options.Run with { CheckpointEvery = 4 } };
        using (var killed = TinyRun.Open(options, run))
        {
            var progress = new RecordingProgress(report =>
            {
                if (report.Step == 6)
                {
                    throw new InvalidOperationException("killed");
                }
            });
            Assert.That(() => killed.Run(progress), Throws.InvalidOperationException);
        }

        File.AppendAllText(Path.Combine(run, "metrics.jsonl"), "{\"step\":7,\"lo");
        string[] leftovers = [Path.Combine("checkpoints", "step-000006.abc.partial"), "model.new", "model.new.abc.partial", "model.abc.partial"];
        foreach (string leftover in leftovers)
        {
            Directory.CreateDirectory(Path.Combine(run, leftover));
            File.WriteAllText(Path.Combine(run, leftover, "state.json"), "{");
        }

        File.WriteAllText(Path.Combine(run, "metrics.jsonl.abc.partial"), "{");
        File.WriteAllText(Path.Combine(run, "curves.png.abc.partial"), "another program's");
        using (var resumed = TinyRun.Open(options, run, resume: true))
        {
            Assert.That(resumed.StartStep, Is.EqualTo(4));
            Assert.That(Directory.EnumerateFileSystemEntries(run, "*.partial", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EqualTo(new[] { "curves.png.abc.partial" }));
            Assert.That(Directory.Exists(Path.Combine(run, "model.new")), Is.False);
            resumed.Run();
        }

        using var whole = TinyRun.Open(options, folder.File("whole"));
        whole.Run();
        Assert.That(Numbers(run), Is.EqualTo(Numbers(folder.File("whole"))));
        Assert.That(State(run, 12), Is.EqualTo(State(folder.File("whole"), 12)));
    }

    [Test]
    public void Run_SameSeed_RepeatsAndAnotherSeedDoesNot()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, seed) in new[] { ("a", 1UL), ("b", 1UL), ("c", 2UL) })
        {
            using var loop = TinyRun.Open(TinyRun.Options with { Seed = seed, Run = TinyRun.Options.Run with { StopAfterStep = 3 } }, folder.File(name));
            Assert.That(loop.Run().Step, Is.EqualTo(3));
        }

        Assert.That(State(folder.File("b"), 3), Is.EqualTo(State(folder.File("a"), 3)));
        Assert.That(State(folder.File("c"), 3), Is.Not.EqualTo(State(folder.File("a"), 3)));
    }

    [Test]
    public void Run_ToTheEnd_ExportsTheTeacherAsAModelFolderThatCanBeStartedFrom()
    {
        using var folder = new TemporaryFolder();
        var options = TinyRun.Options with { Run = TinyRun.Options.Run with { StopAfterStep = 2 } };
        using var loop = TinyRun.Open(options, folder.File("run"));
        var outcome = loop.Run();
        using var model = ModelFolder.Load(outcome.Model);
        Assert.Multiple(() =>
        {
            Assert.That(model.Preprocessing.ImageSize, Is.EqualTo(16));
            Assert.That(model.Info.Training["steps"], Is.EqualTo("2"));
            Assert.That(Values(model.Backbone), Is.EqualTo(Values(loop.Trainer.TeacherBackbone)));
            Assert.That(Values(model.Backbone), Is.Not.EqualTo(Values(loop.Trainer.Pair.Student.Backbone)), "the teacher, not the student");
        });
        using var next = TinyRun.Open(options with { Backbone = options.Backbone with { Weights = outcome.Model } }, folder.File("next"));
        Assert.That(Values(next.Trainer.Pair.Student.Backbone), Is.EqualTo(Values(model.Backbone)));
        Assert.That(Values(next.Trainer.TeacherBackbone), Is.EqualTo(Values(model.Backbone)));
    }

    [Test]
    public void Run_StopAfterStepZero_ExportsTheUntrainedEncoderAndCanGoOn()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        using (var loop = TinyRun.Open(TinyRun.Options with { Run = TinyRun.Options.Run with { StopAfterStep = 0 } }, run))
        {
            var outcome = loop.Run();
            Assert.That((outcome.Completed, outcome.Step, outcome.Loss), Is.EqualTo((false, 0L, double.NaN)));
            using var model = ModelFolder.Load(outcome.Model);
            Assert.That(Values(model.Backbone), Is.EqualTo(Values(loop.Trainer.Pair.Student.Backbone)));
        }

        using (var resumed = TinyRun.Open(TinyRun.Options, run, resume: true))
        {
            resumed.Run();
        }

        using var whole = TinyRun.Open(TinyRun.Options, folder.File("whole"));
        whole.Run();
        Assert.That(State(run, 12), Is.EqualTo(State(folder.File("whole"), 12)));
    }

    [Test]
    public void Run_HundredSteps_KeepsTheNumberOfTensors()
    {
        using var folder = new TemporaryFolder();
        var progress = new RecordingProgress();
        using var loop = TinyRun.Open(TinyRun.Options with { Optimization = TinyRun.Options.Optimization with { Epochs = 34 }, Run = TinyRun.Options.Run with { CheckpointEvery = 25 } }, folder.File("run"));
        loop.Run(progress);
        Assert.That(progress.Reports, Has.Count.EqualTo(102));
        Assert.That(progress.Reports.Skip(1).Select(report => report.LiveTensors).Distinct().Count(), Is.EqualTo(1), "live tensors never change");
    }

    [Test]
    [NonParallelizable]
    [Platform("Linux")]
    public void Run_AtACheckpoint_GivesFreedMemoryBack()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.Options with { Run = TinyRun.Options.Run with { CheckpointEvery = 4 } }, folder.File("run"));
        using var holes = new HeapHoles();
        var released = new Dictionary<long, bool>();
        loop.Run(new RecordingProgress(report => released[report.Step] = holes.AreReleased));
        Assert.That((released[4], released[5]), Is.EqualTo((false, true)));
    }

    [Test]
    [NonParallelizable]
    [Platform("Linux")]
    public void Run_AtItsEnd_GivesFreedMemoryBack()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.Options, folder.File("run"));
        using var holes = new HeapHoles();
        loop.Run();
        Assert.That(holes.AreReleased);
    }

    [Test]
    public void Run_NonFiniteLoss_StopsBeforeTheStepWithACapture()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.Options, folder.File("run"));
        double before = 0;
        var progress = new RecordingProgress(report =>
        {
            if (report.Step == 2)
            {
                Poison(loop);
                before = WeightSum(loop);
            }
        });
        var error = Assert.Throws<TrainingDivergedException>(() => loop.Run(progress))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Step, Is.EqualTo(3));
            Assert.That(error.Terms["loss"], Is.NaN);
            Assert.That(error.Message, Does.Contain("diverged at step 3").And.Contain(error.Capture));
            Assert.That(WeightSum(loop), Is.EqualTo(before), "no optimizer step");
            Assert.That(JsonDocument.Parse(File.ReadAllText(Path.Combine(error.Capture, "terms.json"))).RootElement.GetProperty("samples").GetArrayLength(), Is.EqualTo(4));
        });
        using var batch = SafetensorsFile.Open(Path.Combine(error.Capture, "batch.safetensors"));
        Assert.That(batch.Tensors["globals"].Shape, Is.EqualTo(new long[] { 8, 3, 16, 16 }));
        Assert.That(batch.Tensors["locals"].Shape, Is.EqualTo(new long[] { 8, 3, 8, 8 }));
    }

    [Test]
    public void Constructor_ExistingRunWithoutResume_IsRefused()
    {
        using var folder = new TemporaryFolder();
        TinyRun.Open(TinyRun.Options, folder.File("run")).Dispose();
        Assert.That(() => TinyRun.Open(TinyRun.Options, folder.File("run")), Throws.TypeOf<EchoApexException>().With.Message.Contains("--resume"));
    }

    [Test]
    public void Constructor_FolderOfARunKilledBeforeItsConfigurationWasWritten_StartsAnew()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        Directory.CreateDirectory(run);
        File.WriteAllText(Path.Combine(run, "config.yaml.abc.partial"), "seed:");
        TinyRun.Open(TinyRun.Options, run).Dispose();
        Assert.That(Directory.EnumerateFileSystemEntries(run).Select(Path.GetFileName), Is.EqualTo(new[] { "config.yaml" }));
    }

    [Test]
    public void Constructor_FolderOfSomebodyElse_IsRefusedAndLeftAsItWas()
    {
        using var folder = new TemporaryFolder();
        string other = folder.File("download.partial");
        File.WriteAllText(other, "half a film");
        Assert.That(() => TinyRun.Open(TinyRun.Options, folder.Path), Throws.TypeOf<EchoApexException>().With.Message.Contains("not empty"));
        Assert.That(File.Exists(other), Is.True);
    }

    [Test]
    public void Constructor_ResumeWithOtherOptions_NamesTheKeys()
    {
        using var folder = new TemporaryFolder();
        TinyRun.Open(TinyRun.Options, folder.File("run")).Dispose();
        var changed = TinyRun.Options with { Seed = 12, Head = TinyRun.Options.Head with { Layers = 2 }, Run = TinyRun.Options.Run with { LogEvery = 7 } };
        var error = Assert.Throws<ConfigurationException>(() => TinyRun.Open(changed, folder.File("run"), resume: true))!;
        Assert.That(error.Faults, Has.Count.EqualTo(2));
        Assert.That(error.Message, Does.Contain("head.layers: started with 3, now 2.").And.Contain("seed: started with 11, now 12."));
    }

    [Test]
    public void Constructor_ResumeOfNothing_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => TinyRun.Open(TinyRun.Options, folder.File("run"), resume: true), Throws.TypeOf<ConfigurationException>().With.Message.Contains("no run to resume"));
    }

    [Test]
    public void Constructor_DamagedCheckpoint_IsOneError()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        using (var loop = TinyRun.Open(TinyRun.Options with { Run = TinyRun.Options.Run with { StopAfterStep = 1 } }, run))
        {
            loop.Run();
        }

        string tensors = Path.Combine(run, "checkpoints", "step-000001", "state.safetensors");
        File.WriteAllBytes(tensors, File.ReadAllBytes(tensors)[..^100]);
        Assert.That(() => TinyRun.Open(TinyRun.Options, run, resume: true), Throws.TypeOf<CheckpointException>());
        File.WriteAllText(Path.Combine(run, "checkpoints", "step-000001", "state.json"), "{");
        Assert.That(() => TinyRun.Open(TinyRun.Options, run, resume: true), Throws.TypeOf<CheckpointException>());
    }

    private static void Poison(PretrainingLoop loop)
    {
        using var noGrad = no_grad();
        loop.Trainer.Pair.Student.NamedParameters().First(entry => entry.Name == "head.mlp.0.bias").Parameter.fill_(double.NaN);
    }

    private static double WeightSum(PretrainingLoop loop)
    {
        using var sum = loop.Trainer.Pair.Student.NamedParameters().First(entry => entry.Name == "backbone.blocks.0.attn.qkv.weight").Parameter.sum();
        return sum.item<float>();
    }
}
