using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using EchoApex.Training.Optimization;
using static EchoApex.Training.Tests.Loop.RunFiles;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

/// <summary>DINO with a ResNet: BatchNorm as in the reference, momentum, resume, export.</summary>
[NoTensorLeaks]
[NonParallelizable]
public sealed class ResNetLoopTests
{
    [TestCase(OptimizerKind.Sgd, 5)]
    [TestCase(OptimizerKind.Adamw, 7)]
    public void Run_StoppedAndResumed_EqualsAnUninterruptedRunToTheBit(OptimizerKind optimizer, int stopAt)
    {
        using var folder = new TemporaryFolder();
        var options = With(TinyRun.ResNet.Optimization with { Optimizer = optimizer });
        using (var whole = TinyRun.Open(options, folder.File("whole")))
        {
            Assert.That(whole.Run().Completed, Is.True);
        }

        using (var first = TinyRun.Open(options with { Run = options.Run with { StopAfterStep = stopAt } }, folder.File("parts")))
        {
            Assert.That(first.Run().Step, Is.EqualTo(stopAt));
        }

        using (var second = TinyRun.Open(options, folder.File("parts"), resume: true))
        {
            Assert.That(second.Run().Completed, Is.True);
        }

        Assert.That(State(folder.File("parts"), 12), Is.EqualTo(State(folder.File("whole"), 12)), "weights, running statistics, optimizer and center");
        Assert.That(Numbers(folder.File("parts")), Is.EqualTo(Numbers(folder.File("whole"))), "metrics");
        using var tensors = SafetensorsFile.Open(Path.Combine(folder.File("whole"), "checkpoints", "step-000012", "state.safetensors"));
        string[] expected =
        [
            optimizer == OptimizerKind.Sgd ? "optimizer.momentum_buffer.backbone.layer4.0.conv3.weight" : "optimizer.exp_avg_sq.backbone.layer4.0.conv3.weight",
            "student.backbone.layer1.0.bn1.running_mean", "teacher.backbone.layer1.0.bn1.running_mean", "teacher.backbone.bn1.num_batches_tracked",
        ];
        Assert.That(tensors.Tensors.Keys, Is.SupersetOf(expected));
        Assert.That(tensors.Tensors.Keys.Any(name => name.Contains(optimizer == OptimizerKind.Sgd ? "exp_avg" : "momentum_buffer", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public void Step_Teacher_KeepsStatisticsOfItsOwnPassesAndAveragesParametersAlone()
    {
        using var scope = NewDisposeScope();
        using var trainer = new DinoTrainer(TinyRun.ResNet, new PretrainingSchedules(TinyRun.ResNet, 14));
        using var twin = SelfDistillationNetworks.CreatePair(TinyRun.ResNet);
        var before = Copies(trainer.Pair.Teacher.StateTensors());
        Assert.That(trainer.Pair.Teacher.Backbone.Module.training, Is.True);
        Assert.That(trainer.Pair.Teacher.Backbone.Module.modules().All(module => module.training), Is.True, "the teacher is never put into evaluation mode");

        // The twin has the weights from before the step and sees what the teacher sees.
        twin.Teacher.Train();
        using var globals_BCHW = GoldenCase.FillTensor("globals", [8, 3, 64, 64], 1, 0);
        using var locals_BCHW = GoldenCase.FillTensor("locals", [8, 3, 32, 32], 1, 0);
        using (no_grad())
        {
            using var features = twin.Teacher.Backbone.Extract(globals_BCHW);
            twin.Teacher.Head.call(features.Cls).Dispose();
        }

        const int step = 7;
        Assert.That(trainer.Step(step, globals_BCHW, locals_BCHW, diagnostics: false).IsFinite, Is.True);
        double momentum = new PretrainingSchedules(TinyRun.ResNet, 14).At(step).TeacherMomentum;
        var (student, teacher, own) = (trainer.Pair.Student.StateTensors(), trainer.Pair.Teacher.StateTensors(), twin.Teacher.StateTensors());
        var parameters = trainer.Pair.Student.NamedParameters().Select(entry => entry.Name).ToHashSet();
        int buffers = 0;
        using var noGrad = no_grad();
        foreach (var (name, value) in teacher)
        {
            if (parameters.Contains(name))
            {
                Assert.That(Largest(value - before[name].lerp(student[name], 1 - momentum)), Is.LessThan(1e-6), name);
                continue;
            }

            buffers++;
            Assert.That(Largest(value - own[name]), Is.Zero, name + ": of the teacher's own pass, nothing else");
            Assert.That(Largest(value - student[name]), name == "head.mlp.1.num_batches_tracked" || name == "head.mlp.4.num_batches_tracked" ? Is.Zero : Is.GreaterThan(0), name + ": not the student's, which saw local crops too");
        }

        Assert.That(buffers, Is.EqualTo(3 * (1 + (4 * 4) + 2)), "the stem's, four a block, two in the head");
        Assert.That(teacher["backbone.bn1.num_batches_tracked"].item<long>(), Is.EqualTo(1), "one pass over the global crops");
        Assert.That(student["backbone.bn1.num_batches_tracked"].item<long>(), Is.EqualTo(2), "one pass a crop size");
        Assert.That(student.Where(entry => parameters.Contains(entry.Key)).Any(entry => Largest(entry.Value - before[entry.Key]) > 0), Is.True, "the step has changed the student");
    }

    private static readonly object[] OptimizerChanges =
    [
        new object[] { OptimizerKind.Sgd, new OptimizationOptions { Optimizer = OptimizerKind.Sgd, SgdMomentum = 0.5 } },
        new object[] { OptimizerKind.Sgd, new OptimizationOptions() },
        new object[] { OptimizerKind.Adamw, new OptimizationOptions { Adamw = new AdamWOptions { Beta1 = 0.5 } } },
        new object[] { OptimizerKind.Adamw, new OptimizationOptions { Adamw = new AdamWOptions { Beta2 = 0.9 } } },
        new object[] { OptimizerKind.Adamw, new OptimizationOptions { Adamw = new AdamWOptions { Epsilon = 1e-2 } } },
    ];

    [TestCaseSource(nameof(OptimizerChanges))]
    public void Run_OtherOptimizerOption_GivesOtherWeights(OptimizerKind kind, OptimizationOptions changed)
    {
        using var folder = new TemporaryFolder();
        var usual = TinyRun.ResNet.Optimization with { Optimizer = kind };
        var other = usual with { Optimizer = changed.Optimizer, Adamw = changed.Adamw, SgdMomentum = changed.SgdMomentum };
        var weights = new[] { usual, other }.Select((optimization, index) =>
        {
            using var loop = TinyRun.Open(With(optimization) with { Run = TinyRun.Options.Run with { StopAfterStep = 6 } }, folder.File("run" + index));
            loop.Run();
            return WeightValues(loop);
        }).ToArray();
        Assert.That(weights[1], Is.Not.EqualTo(weights[0]));
        Assert.That(weights[1], Is.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Run_ToTheEnd_ExportsATeacherThatEmbedsInEvaluationMode()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.ResNet, folder.File("run"));
        using var model = ModelFolder.Load(loop.Run().Model);
        Assert.That((model.Backbone.Config.Architecture, model.Backbone.FeatureDimension, model.Backbone.Config.Depth), Is.EqualTo(("resnet_custom", 512, 1)));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        model.Backbone.Module.eval();
        using var images_BCHW = GoldenCase.FillTensor("images", [2, 3, 64, 64], 1, 0);
        using var both = model.Backbone.Extract(images_BCHW);
        using var first = model.Backbone.Extract(images_BCHW.narrow(0, 0, 1));
        Assert.That(Largest(both.Cls.narrow(0, 0, 1) - first.Cls), Is.LessThan(1e-4), "no batch statistics");
        Assert.That(Largest(both.Cls.narrow(0, 0, 1) - both.Cls.narrow(0, 1, 1)), Is.GreaterThan(1e-3));
    }

    private static readonly object[] Impossible =
    [
        new object[] { "no stochastic depth, but the rate is 0.1; set it to 0", TinyRun.ResNet.Backbone with { DropPathRate = 0.1 } },
        new object[] { "backbone.drop_path_uniform", TinyRun.ResNet.Backbone with { DropPathUniform = true } },
        new object[] { "no register tokens", TinyRun.ResNet.Backbone with { Registers = 4 } },
        new object[] { "no LayerScale", TinyRun.ResNet.Backbone with { LayerScale = 1e-5 } },
        new object[] { "no position table", TinyRun.ResNet.Backbone with { InterpolateAntialias = true } },
        new object[] { "fan_in is for vision transformers", TinyRun.ResNet.Backbone with { Initialization = BackboneInitializationKind.FanIn } },
        new object[] { "zero_residual is for ResNets", TinyRun.Options.Backbone with { Initialization = BackboneInitializationKind.ZeroResidual } },
        new object[] { "neither patch_size nor heads", TinyRun.ResNet.Backbone with { PatchSize = 32 } },
        new object[] { "a multiple of 512", TinyRun.ResNet.Backbone with { EmbedDim = 64 } },
        new object[] { "belong to vit_custom alone", new BackboneOptions { Architecture = "resnet50", DropPathRate = 0, Depth = 2 } },
    ];

    [TestCaseSource(nameof(Impossible))]
    public void Constructor_OptionThatAResNetHasNot_SaysSo(string message, BackboneOptions backbone) =>
        AssertRefused(message, TinyRun.ResNet with { Backbone = backbone });

    [Test]
    public void Constructor_WhatAResNetCannotTrainOn_SaysSo()
    {
        AssertRefused("dinov2 needs patch tokens, which resnet_custom has not; train it with stage dino", TinyRun.ResNet with { Stage = PretrainingStage.Dinov2 });
        AssertRefused("local.size is 40; resnet_custom takes multiples of 32 pixels", TinyRun.ResNet with { Augmentation = TinyRun.ResNet.Augmentation with { Local = TinyRun.ResNet.Augmentation.Local with { Size = 40 } } });
        AssertRefused("BatchNorm needs at least 2 samples", TinyRun.ResNet with { Optimization = TinyRun.ResNet.Optimization with { BatchSize = 1 }, Targets = TinyRun.ResNet.Targets with { KoleoWeight = 0 } });
        AssertRefused("belongs to optimizer adamw", With(TinyRun.ResNet.Optimization with { Adamw = new AdamWOptions { Beta1 = 0.8 } }));
        AssertRefused("belongs to optimizer sgd", TinyRun.Options with { Optimization = TinyRun.Options.Optimization with { SgdMomentum = 0.8 } });
    }

    private static PretrainingOptions With(OptimizationOptions optimization) => TinyRun.ResNet with { Optimization = optimization };

    private static void AssertRefused(string message, PretrainingOptions options)
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => TinyRun.Open(options, folder.File("run")), Throws.TypeOf<ConfigurationException>().With.Message.Contains(message));
    }

    private static float[] WeightValues(PretrainingLoop loop) =>
        [.. loop.Trainer.Pair.Student.NamedParameters().SelectMany(entry =>
        {
            using var values = entry.Parameter.detach();
            return values.data<float>().ToArray();
        })];

    private static Dictionary<string, Tensor> Copies(IReadOnlyDictionary<string, Tensor> state) => state.ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone());

    private static double Largest(Tensor difference) => difference.abs().max().to(float64).item<double>();
}
