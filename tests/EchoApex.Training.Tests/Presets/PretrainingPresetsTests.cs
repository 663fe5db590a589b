using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Tests.Presets;

public sealed class PretrainingPresetsTests
{
    private static IEnumerable<string> Names => PretrainingPresets.Names;

    [Test]
    public void Names_Presets_AreThoseThatAreDocumented() =>
        Assert.That(PretrainingPresets.Names, Is.EqualTo(new[] { "curve-cpu-dino", "curve-cpu-dinov2", "curve-cpu-resnet50", "demo-cpu", "resnet50-echo", "smoke-cpu", "vitb16-echo", "vits14-dinov2", "vits16-dino", "vits16-echo" }));

    [TestCaseSource(nameof(Names))]
    public void Load_Preset_IsValidAndComesBackFromItsResolvedText(string name)
    {
        var options = PretrainingPresets.Load(name);
        string resolved = ConfigurationWriter.ToYaml(options);
        var back = new ConfigurationLoader().Load<PretrainingOptions>(resolved, "resolved");
        Assert.That(PretrainingOptions.Differences(options, back), Is.Empty);
        Assert.That(ConfigurationWriter.ToYaml(back), Is.EqualTo(resolved));
    }

    [Test]
    public void Load_ReferenceRecipe_EqualsTheDefaultsButForWhatIsMarkedOurs()
    {
        var differences = PretrainingOptions.Differences(new PretrainingOptions(), PretrainingPresets.Load("vits16-dino"));
        Assert.That(differences.Select(difference => difference.Split(':')[0]), Is.EquivalentTo(new[] { "augmentation.arithmetic", "augmentation.centers_in_sector" }));
        Assert.That(PretrainingPresets.Load("vits16-dino").Augmentation.Arithmetic, Is.EqualTo(AugmentationArithmetic.Reference));
    }

    [TestCase("vits16-echo", "vit_small_patch16", 384)]
    [TestCase("vitb16-echo", "vit_base_patch16", 768)]
    public void Load_EchoRecipe_DiffersFromTheReferenceInArchitectureAndAugmentationAlone(string name, string architecture, int width)
    {
        var options = PretrainingPresets.Load(name);
        Assert.That(options.Backbone.Architecture, Is.EqualTo(architecture));
        Assert.That(options.Backbone.ToConfig(options.Stage, forTeacher: false).EmbedDim, Is.EqualTo(width));
        string[] changed = [.. PretrainingOptions.Differences(PretrainingPresets.Load("vits16-dino"), options).Select(difference => difference.Split(':')[0]).Where(key => key != "backbone.architecture")];
        string[] expected = ["global.solarize_probability", "global.minimum_sector_share", "local.minimum_sector_share", "local.minimum_tissue_share", "arithmetic", "two_frames", "jitter_probability", "log_gamma", "offset", "ramp", "depth_gain", "noise", "speckle"];
        Assert.That(changed, Is.EquivalentTo(expected.Select(key => "augmentation." + key)));
        var marked = PretrainingPresets.Text(name).Split('\n').Where(line => line.Contains("# ours", StringComparison.Ordinal)).Select(line => line.Split(':')[0].Trim());
        Assert.That(marked, Is.SupersetOf(expected.Select(key => key.Split('.')[0]).Distinct().Concat(["centers_in_sector", "flip_probability", "tissue_level", "dynamic_range"])), "values that are ours are marked");
    }

    [Test]
    public void Load_ResNetRecipe_DiffersFromTheEchoRecipeInWhatTheReferenceGivesForResNet50()
    {
        var options = PretrainingPresets.Load("resnet50-echo");
        string[] changed = [.. PretrainingOptions.Differences(PretrainingPresets.Load("vits16-echo"), options).Select(difference => difference.Replace(" started with", "", StringComparison.Ordinal))];
        string[] expected =
        [
            "backbone.architecture: vit_small_patch16, now resnet50.", "backbone.drop_path_rate: 0.1, now 0.", "optimization.optimizer: adamw, now sgd.",
            "optimization.learning_rate: 0.0005, now 0.03.", "optimization.weight_decay: 0.04, now 0.0001.", "optimization.final_weight_decay: 0.4, now 0.0001.",
            "augmentation.global.area: [0.4, 1], now [0.14, 1].", "augmentation.local.area: [0.05, 0.4], now [0.05, 0.14].",
        ];
        Assert.That(changed, Is.EquivalentTo(expected));
        Assert.That((options.Optimization.SgdMomentum, options.Optimization.TeacherMomentum, options.Optimization.FinalTeacherMomentum), Is.EqualTo((0.9, 0.996, 1.0)));
    }

    [Test]
    public void Load_SecondStageRecipe_HasTheReferenceValues()
    {
        var options = PretrainingPresets.Load("vits14-dinov2", ["backbone.weights=somewhere"]);
        Assert.Multiple(() =>
        {
            Assert.That(options.Stage, Is.EqualTo(PretrainingStage.Dinov2));
            Assert.That(options.Backbone.LayerScale, Is.EqualTo(1e-5));
            Assert.That(options.Head.FreezeLastLayerNorm, Is.False);
            Assert.That((options.Augmentation.Arithmetic, options.Augmentation.BlurKernel, options.Augmentation.InvertBlurProbability), Is.EqualTo((AugmentationArithmetic.Reference, 9, true)));
            Assert.That(options.Augmentation.Global.BlurProbability.Concat(options.Augmentation.Local.BlurProbability), Is.EqualTo(new[] { 1, 0.1, 0.5 }));
            Assert.That((options.Targets.DinoWeight, options.Targets.KoleoWeight, options.Ibot.Weight), Is.EqualTo((1.0, 0.1, 1.0)));
            Assert.That(options.Ibot, Is.EqualTo(new IbotOptions()));
            Assert.That((options.Optimization.LayerDecay, options.Optimization.PatchEmbedMultiplier, options.Optimization.ClippingKind), Is.EqualTo((0.9, 0.2, ClippingKind.EachModule)));
            var schedules = new PretrainingSchedules(options, 1_000_000);
            Assert.That(schedules.TotalSteps, Is.EqualTo(125_000));
            Assert.That(schedules.PeakLearningRate, Is.EqualTo(0.001));
            Assert.That(schedules.At(37_499).TeacherTemperature, Is.EqualTo(0.07));
            Assert.That(schedules.At(625).TeacherTemperature, Is.GreaterThan(0.04).And.LessThan(0.041), "it rises step by step");
        });
    }

    [Test]
    public void Load_DemoRecipe_IsTheSmallScaleOne()
    {
        var options = PretrainingPresets.Load("demo-cpu");
        Assert.Multiple(() =>
        {
            Assert.That((options.Backbone.EmbedDim, options.Backbone.Depth, options.Backbone.Heads, options.Backbone.PatchSize), Is.EqualTo(((int?)96, (int?)4, (int?)3, (int?)8)));
            Assert.That(options.Targets.Kind, Is.EqualTo(TeacherTargets.SinkhornKnopp));
            Assert.That(options.Augmentation.Normalization, Is.EqualTo(Normalization.Image));
            Assert.That((options.Augmentation.Global.Size, options.Augmentation.Local.Count, options.Augmentation.Local.Size), Is.EqualTo((48, 4, 24)));
            Assert.That(options.Head.Prototypes, Is.EqualTo(512));
        });
    }

    [Test]
    public void Load_Override_IsApplied() =>
        Assert.That(PretrainingPresets.Load("smoke-cpu", ["seed=5", "head.prototypes=32"]).Head.Prototypes, Is.EqualTo(32));

    [Test]
    public void Text_UnknownName_ListsThePresets() =>
        Assert.That(() => PretrainingPresets.Text("huge"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("demo-cpu, resnet50-echo, smoke-cpu, vitb16-echo, vits14-dinov2, vits16-dino, vits16-echo"));

    [Test]
    public void Load_CurveRecipes_DifferInTheStageAlone()
    {
        var (dino, dinov2) = (PretrainingPresets.Load("curve-cpu-dino"), PretrainingPresets.Load("curve-cpu-dinov2"));
        var changed = PretrainingOptions.Differences(dino, dinov2).Select(difference => difference.Split(':')[0]);
        Assert.That(changed, Is.EqualTo(new[] { "ibot.masks.minimum_block", "stage" }), "so that the second stage takes encoder and head over");
        Assert.That((dino.Optimization.Epochs, dinov2.Optimization.Epochs), Is.EqualTo((1, 1)), "learning-curve sets the steps of one epoch");
    }
}
