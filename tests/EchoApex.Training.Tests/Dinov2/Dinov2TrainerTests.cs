using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Loop;
using EchoApex.Training.Tests.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

/// <summary>What the recorded runs do not show: every option, the modes, frozen layers, steps without masks.</summary>
[NoTensorLeaks]
public sealed class Dinov2TrainerTests
{
    private static readonly PretrainingOptions Separate = TinyRun.Dinov2Separate;

    private static readonly object[] Changes =
    [
        Change("precision", o => o with { Precision = Precision.Bf16 }),
        Change("accumulation_steps", o => o with { Optimization = o.Optimization with { AccumulationSteps = 2 } }),
        Change("centering", o => o with { Targets = o.Targets with { Kind = TeacherTargets.Centering } }),
        Change("sinkhorn_iterations", o => o with { Targets = o.Targets with { SinkhornIterations = 1 } }),
        Change("student_temperature", o => o with { Targets = o.Targets with { StudentTemperature = 0.2 } }),
        Change("teacher_temperature", o => o with { Targets = o.Targets with { WarmupTeacherTemperature = 0.05 } }),
        Change("dino_weight", o => o with { Targets = o.Targets with { DinoWeight = 0 } }),
        Change("koleo_weight", o => o with { Targets = o.Targets with { KoleoWeight = 0 } }),
        Change("ibot.weight", o => o with { Ibot = o.Ibot with { Weight = 0 } }),
        Change("ibot.separate_head", o => o with { Ibot = o.Ibot with { SeparateHead = false } }),
        Change("ibot.head", o => o with { Ibot = o.Ibot with { Head = o.Ibot.Head with { Prototypes = 24 } } }),
        Change("ibot.masks", o => o with { Ibot = o.Ibot with { Masks = o.Ibot.Masks with { MaskedShare = 1 } } }),
        Change("registers", o => o with { Backbone = o.Backbone with { Registers = 1 } }),
        Change("layer_scale", o => o with { Backbone = o.Backbone with { LayerScale = 0.5 } }),
        Change("interpolate_offset", o => o with { Backbone = o.Backbone with { InterpolateOffset = 0.1 } }),
        Change("interpolate_antialias", o => o with { Backbone = o.Backbone with { InterpolateAntialias = false } }),
        Change("drop_path_rate", o => o with { Backbone = o.Backbone with { DropPathRate = 0 } }),
        Change("drop_path_uniform", o => o with { Backbone = o.Backbone with { DropPathUniform = false } }),
        Change("freeze_last_layer_norm", o => o with { Head = o.Head with { FreezeLastLayerNorm = true }, Ibot = o.Ibot with { Head = o.Ibot.Head with { FreezeLastLayerNorm = true } } }),
        Change("layer_decay", o => o with { Optimization = o.Optimization with { LayerDecay = 1 } }),
        Change("patch_embed_multiplier", o => o with { Optimization = o.Optimization with { PatchEmbedMultiplier = 1 } }),
        Change("freeze_last_layer_epochs", o => o with { Optimization = o.Optimization with { FreezeLastLayerEpochs = 0 } }),
        Change("teacher_momentum", o => o with { Optimization = o.Optimization with { TeacherMomentum = 0.5 } }),
        Change("clipping_kind", o => o with { Optimization = o.Optimization with { ClipGradient = 0.1, ClippingKind = ClippingKind.EachParameter } }),
        Change("clip_gradient", o => o with { Optimization = o.Optimization with { ClipGradient = 0.01 } }),
    ];

    [TestCaseSource(nameof(Changes))]
    public void Step_OptionChanged_ChangesTheTraining(string name, Func<PretrainingOptions, PretrainingOptions> change)
    {
        Assert.That(Fingerprint(Separate), Is.EqualTo(Fingerprint(Separate)), "a run repeats itself");
        Assert.That(Fingerprint(change(Separate)), Is.Not.EqualTo(Fingerprint(Separate)), name);
    }

    [Test]
    public void Step_SinkhornSeparateHeadsRegisters_TrainsEveryPart()
    {
        using var run = new Run(Separate);
        for (int step = 0; step < 4; step++)
        {
            var terms = run.Step(step);
            Assert.That(terms.Values, Is.All.Matches<double>(double.IsFinite));
            Assert.That(terms["ibot_loss"], Is.Positive);
            Assert.That(terms.Keys, Is.SupersetOf(new[] { "gradient_norm_backbone", "gradient_norm_head", "gradient_norm_ibot_head" }));
        }

        Assert.That(run.Trainer.LastGradientNorms!.Values, Is.All.Positive, "every parameter gets a gradient, registers and mask token too");
        Assert.That(run.Trainer.LastGradientNorms.Names, Has.Some.EqualTo("backbone.register_tokens").And.Some.EqualTo("backbone.mask_token").And.Some.EqualTo("ibot_head.last_layer.weight_g"));
        Assert.That(TinyNetwork.Differences(run.Trainer.Pair).Values, Is.All.Positive, "the teacher is on its way behind the student, in every parameter");
    }

    [Test]
    public void Step_Sinkhorn_LeavesTheCentersAlone()
    {
        using var run = new Run(Separate);
        run.Step(0);
        Assert.That(run.Step(1)["center_norm"] + run.Step(2)["ibot_center_norm"], Is.Zero);
    }

    [Test]
    public void Step_Centering_UsesEachUpdateOneStepLater()
    {
        using var run = new Run(TinyRun.Dinov2);
        Assert.That(run.Step(0)["center_norm"], Is.Zero);
        Assert.That(run.Step(1)["center_norm"], Is.Positive);
        Assert.That(run.Step(2)["ibot_center_norm"], Is.Positive);
    }

    [Test]
    public void Step_FrozenLastLayer_HoldsStillWhileItsMomentsGoOn()
    {
        using var run = new Run(Separate);
        var before = run.Weights();
        run.Step(0);
        run.Step(1);
        run.Step(2);
        var frozen = run.Weights();
        string[] same = [.. before.Keys.Where(name => before[name].SequenceEqual(frozen[name]))];
        Assert.That(same, Is.EquivalentTo(before.Keys.Where(name => name.Contains("last_layer", StringComparison.Ordinal))), "one epoch of three steps");
        Assert.That(run.OptimizerState("exp_avg.head.last_layer.weight_v"), Has.Some.Not.Zero);
        run.Step(3);
        Assert.That(run.Weights()["ibot_head.last_layer.weight_v"], Is.Not.EqualTo(before["ibot_head.last_layer.weight_v"]));
    }

    [TestCase(TeacherTargets.Centering, true)]
    [TestCase(TeacherTargets.Centering, false)]
    [TestCase(TeacherTargets.SinkhornKnopp, true)]
    [TestCase(TeacherTargets.SinkhornKnopp, false)]
    public void Step_NothingMasked_HasNoPatchLoss(TeacherTargets targets, bool separate)
    {
        var options = TinyRun.With(separate ? Separate : TinyRun.Dinov2, targets);
        using var run = new Run(options with { Ibot = options.Ibot with { Masks = new BlockMaskOptions { MaskedShare = 0 } } });
        for (int step = 0; step < 3; step++)
        {
            var terms = run.Step(step);
            Assert.That((terms["ibot_loss"], terms["masked_patches"]), Is.EqualTo((0.0, 0.0)));
            Assert.That(terms["loss"], Is.Positive.And.LessThan(100));
        }
    }

    [Test]
    public void Step_NoLocalCrops_DividesByThreeTermsAsTheReference()
    {
        var options = Separate with { Backbone = Separate.Backbone with { DropPathRate = 0 } };
        var without = options with { Augmentation = options.Augmentation with { Local = options.Augmentation.Local with { Count = 0 } } };
        using var run = new Run(options);
        using var alone = new Run(without);
        double two = run.Step(0)["dino_global_crops_loss"];
        var terms = alone.Step(0);
        Assert.That(terms.ContainsKey("dino_local_crops_loss"), Is.False);
        Assert.That(terms["dino_global_crops_loss"], Is.EqualTo(two * (4 + 2) / (1 + 2)).Within(1e-5));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Constructor_Teacher_IsInEvaluationModeButForABatchNormHead(bool batchNorm)
    {
        using var run = new Run(TinyRun.Dinov2 with { Head = TinyRun.Dinov2.Head with { BatchNorm = batchNorm } });
        var pair = run.Trainer.Pair;
        Assert.That((pair.Student.Backbone.Module.training, pair.Teacher.Backbone.Module.training, pair.Teacher.Head.training), Is.EqualTo((true, false, batchNorm)));
    }

    private static object[] Change(string name, Func<PretrainingOptions, PretrainingOptions> change) => [name, change];

    // Four steps: the first has the learning rate 0, the last is past the frozen epoch.
    private static double[] Fingerprint(PretrainingOptions options)
    {
        using var run = new Run(options);
        for (int step = 0; step < 4; step++)
        {
            run.Step(step);
        }

        return [.. run.Weights().Values.Concat(run.TeacherWeights()).Select(values => values.Sum(value => (double)value * value))];
    }

    private sealed class Run(PretrainingOptions options) : IDisposable
    {
        public Dinov2Trainer Trainer { get; } = new(options, new PretrainingSchedules(options, 12));

        public IReadOnlyDictionary<string, double> Step(int step)
        {
            using var scope = NewDisposeScope();
            var views = options.Augmentation;
            long batch = options.Optimization.BatchSize;
            var globals = GoldenCase.FillTensor($"globals{step}", [2 * batch, 3, views.Global.Size, views.Global.Size], 1, 0);
            var locals = views.Local.Count == 0 ? null : GoldenCase.FillTensor($"locals{step}", [views.Local.Count * batch, 3, views.Local.Size, views.Local.Size], 1, 0);
            var result = Trainer.Step(step, globals, locals, diagnostics: true);
            Assert.That(result.IsFinite, Is.True);
            return result.Terms;
        }

        public Dictionary<string, float[]> Weights() => Trainer.Pair.Student.NamedParameters().ToDictionary(entry => entry.Name, entry => Numbers(entry.Parameter));

        public IEnumerable<float[]> TeacherWeights() => Trainer.Pair.Teacher.NamedParameters().Select(entry => Numbers(entry.Parameter));

        public float[] OptimizerState(string name)
        {
            var owned = new List<Tensor>();
            float[] values = Numbers(Trainer.SaveState(owned).Single(entry => entry.Key == "optimizer." + name).Value);
            owned.ForEach(tensor => tensor.Dispose());
            return values;
        }

        public void Dispose() => Trainer.Dispose();

        private static float[] Numbers(Tensor value)
        {
            using var detached = value.detach();
            return [.. detached.data<float>()];
        }
    }
}
