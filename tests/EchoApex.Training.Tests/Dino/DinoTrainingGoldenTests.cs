using System.Text.Json;
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Optimization;
using EchoApex.Training.Schedules;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;
using AdamW = EchoApex.Training.Optimization.AdamW;

namespace EchoApex.Training.Tests.Dino;

/// <summary>Whole DINO training runs of a tiny ViT: every loss, gradient norm and final weight of the reference.</summary>
[NoTensorLeaks]
public sealed class DinoTrainingGoldenTests
{
    private static readonly BackboneConfig TinyVit = new()
    {
        Family = "vit", Architecture = "tiny", ImageSize = 64, PatchSize = 16, EmbedDim = 48, Depth = 3, Heads = 3, MaskToken = false,
    };

    // Every case of this kind that lies in the folder, so that a new one is tested by being put there.
    private static IEnumerable<string> Cases() =>
        Directory.GetDirectories(Repository.Golden, "dinov1_train*").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Cases))]
    public void FiveSteps_GoldenRun_GiveReferenceLossesNormsAndWeights(string name)
    {
        var golden = GoldenCase.Load(name);
        using var run = new Run(golden);
        var steps = golden.Scalars().GetProperty("steps").EnumerateArray().ToArray();
        double[] precise = [.. golden.Scalars().GetProperty("losses_fp64").EnumerateArray().Select(value => value.GetDouble())];
        double worst = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            var (loss, norms, rate, decay, momentum) = run.Step(i);
            worst = Math.Max(worst, Math.Abs(loss - precise[i]) / (8 * Math.Max(1e-6, Math.Abs(steps[i].GetProperty("loss").GetDouble() - precise[i]))));
            Assert.That(loss, Is.EqualTo(precise[i]).Within(1e-5), $"loss of step {i}");
            Assert.That(rate, Is.EqualTo(steps[i].GetProperty("lr").GetDouble()).Within(1e-12).Percent, $"rate of step {i}");
            Assert.That(decay, Is.EqualTo(steps[i].GetProperty("wd").GetDouble()).Within(1e-12).Percent, $"decay of step {i}");
            Assert.That(momentum, Is.EqualTo(steps[i].GetProperty("momentum").GetDouble()).Within(1e-12).Percent, $"momentum of step {i}");
            double[] first = [.. steps[i].GetProperty("norm_first8").EnumerateArray().Select(value => value.GetDouble())];
            string[] names = [.. run.TrainedNames()];
            Assert.That(names, Has.Length.EqualTo(steps[i].GetProperty("n_norms").GetInt32()));
            for (int p = 0; p < first.Length; p++)
            {
                Assert.That(norms[names[p]], Is.EqualTo(first[p]).Within(1e-5 * Math.Max(1, first[p])), $"norm of {names[p]} in step {i}");
            }
        }

        TestContext.Out.WriteLine($"losses: worst |diff|/tolerance {worst:0.0000}");
        Assert.That(run.GroupSizes(), Is.EqualTo(golden.Scalars().GetProperty("group_sizes").EnumerateArray().Select(size => size.GetInt32())));
        run.CompareFinalState();
    }

    [TestCaseSource(nameof(Cases))]
    public void FiveSteps_InBfloat16_StayWithin2PercentOfFloat32(string name)
    {
        using var single = new Run(GoldenCase.Load(name));
        using var narrow = new Run(GoldenCase.Load(name), Precision.Bf16);
        int steps = GoldenCase.Load(name).Scalars().GetProperty("steps").GetArrayLength();
        double worst = 0;
        for (int i = 0; i < steps; i++)
        {
            double expected = single.Step(i).Loss;
            worst = Math.Max(worst, Math.Abs(narrow.Step(i).Loss - expected) / expected);
        }

        TestContext.Out.WriteLine($"{name}: bfloat16 against float32, worst relative difference of the loss {100 * worst:0.000} %");
        Assert.That(worst, Is.LessThan(0.02).And.GreaterThan(0));
    }

    private sealed class Run : IDisposable
    {
        private readonly GoldenCase _golden;
        private readonly JsonElement _config;
        private readonly StudentTeacherPair _pair;
        private readonly FlatParameters _parameters;
        private readonly AdamW _optimizer;
        private readonly TeacherUpdate _average;
        private readonly DinoLoss _loss;
        private readonly int _stepsPerEpoch;

        public Run(GoldenCase golden, Precision precision = Precision.Fp32)
        {
            (_golden, _config) = (golden, golden.Json.GetProperty("config"));
            _stepsPerEpoch = _config.GetProperty("niter_per_ep").GetInt32();
            var student = NewNetwork();
            GoldenWeights.Fill(golden, student.Backbone.Module, "v1step.backbone.");
            GoldenWeights.Fill(golden, student.Head, "v1step.head.");
            _pair = new StudentTeacherPair(student, NewNetwork());
            (_pair.Student.Precision, _pair.Teacher.Precision) = (precision, precision);
            _parameters = new FlatParameters(ParameterGroups.Dino(student.NamedParameters()));
            _optimizer = new AdamW(_parameters);
            _average = new TeacherUpdate(_pair, _parameters);
            _loss = new DinoLoss(new DinoLossOptions { Prototypes = _config.GetProperty("out_dim").GetInt32(), LocalCrops = _config.GetProperty("n_local").GetInt32() });
        }

        public (double Loss, GradientNorms Norms, double Rate, double Decay, double Momentum) Step(int step)
        {
            using var scope = NewDisposeScope();
            int epoch = step / _stepsPerEpoch;
            double rate = Cosine(64 * Number("lr") * Number("B") / 256, 64 * Number("min_lr"), Number("warmup_epochs")).At(step);
            double decay = Cosine(Number("wd"), Number("wd_end")).At(step);
            double momentum = Cosine(Number("momentum"), 1).At(step);
            var temperature = new LinearSchedule { Start = Number("warmup_teacher_temp"), Final = Number("teacher_temp"), RampSteps = (long)Number("warmup_teacher_temp_epochs") };

            Tensor[] globals = [Crop(step, "g0"), Crop(step, "g1")];
            Tensor[] locals = [.. Enumerable.Range(0, (int)Number("n_local")).Select(i => Crop(step, $"l{i}"))];
            _parameters.ZeroGradients();
            using var teacher = Teacher(globals);
            using var student = MultiCropForward.Run(_pair.Student, [.. globals, .. locals]);
            using var result = _loss.Compute(student.Logits, teacher.Logits, temperature.At(epoch));
            result.Loss.backward();
            var norms = GradientClipping.ClipEachParameter(_parameters, Number("clip_grad"));
            _optimizer.Step(new OptimizerStep(rate, decay) { SkipLastLayer = epoch < Number("freeze_last_layer") });
            _average.Apply(momentum);
            return (result.Loss.item<float>(), norms, rate, decay, momentum);
        }

        public IEnumerable<string> TrainedNames() => _pair.Student.NamedParameters().Where(p => p.Parameter.requires_grad).Select(p => p.Name);

        // The reference keeps decaying parameters first and does not set the last layer apart.
        public int[] GroupSizes() =>
            [.. new double[] { 1, 0 }.Select(decay => _parameters.Groups.Where(g => g.Definition.WeightDecayMultiplier == decay).Sum(g => g.Slices.Count))];

        public void CompareFinalState()
        {
            using var scope = NewDisposeScope();
            var state = new Dictionary<string, Tensor>();
            foreach (var (prefix, network) in new[] { ("student.", _pair.Student), ("teacher.", _pair.Teacher) })
            {
                foreach (var (name, value) in network.StateTensors())
                {
                    state[prefix + name] = value;
                }
            }

            _golden.AssertClose(_loss.Center, "final_center");
            double worst = 0;
            foreach (var array in _golden.Json.GetProperty("arrays").EnumerateArray().Select(a => a.GetProperty("name").GetString()!).Where(a => a != "final_center"))
            {
                worst = Math.Max(worst, _golden.AssertClose(state[array], array));
            }

            foreach (var summary in _golden.Json.GetProperty("summaries").EnumerateObject())
            {
                worst = Math.Max(worst, GoldenSummary.AssertClose(summary, GoldenSummary.Select(state, summary.Name)));
            }

            TestContext.Out.WriteLine($"final weights: worst |diff|/tolerance {worst:0.0000}");
        }

        public void Dispose()
        {
            _loss.Dispose();
            _average.Dispose();
            _optimizer.Dispose();
            _parameters.Dispose();
            _pair.Dispose();
        }

        private SelfDistillationNetwork NewNetwork() => new(
            BackboneFactory.Create(TinyVit),
            new ProjectionHead(new ProjectionHeadOptions
            {
                InputDim = TinyVit.EmbedDim,
                HiddenDim = _config.GetProperty("hidden_dim").GetInt32(),
                BottleneckDim = _config.GetProperty("bottleneck_dim").GetInt32(),
                Prototypes = _config.GetProperty("out_dim").GetInt32(),
                FreezeLastLayerNorm = _config.GetProperty("norm_last_layer").GetBoolean(),
            }));

        private MultiCropOutput Teacher(Tensor[] globals)
        {
            using var noGrad = no_grad();
            return MultiCropForward.Run(_pair.Teacher, globals);
        }

        private Tensor Crop(int step, string crop) => GoldenWeights.Input(_golden, $"v1step{step}.{crop}");

        private double Number(string name) => _config.GetProperty(name).GetDouble();

        private CosineSchedule Cosine(double start, double final, double warmupEpochs = 0) => new()
        {
            Base = start, Final = final, TotalSteps = (long)Number("epochs") * _stepsPerEpoch, WarmupSteps = (long)warmupEpochs * _stepsPerEpoch,
        };
    }
}
