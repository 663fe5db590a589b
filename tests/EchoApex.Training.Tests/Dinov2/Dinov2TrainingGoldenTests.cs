using System.Text.Json;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

/// <summary>Whole DINOv2 training runs of a tiny ViT: every loss, gradient norm, schedule and final weight of the reference.</summary>
[NoTensorLeaks]
public sealed class Dinov2TrainingGoldenTests
{
    private static readonly string[] LossNames = ["dino_local_crops_loss", "dino_global_crops_loss", "koleo_loss", "ibot_loss"];

    // Every case of this kind that lies in the folder, so that a new one is tested by being put there.
    private static IEnumerable<string> Cases() =>
        Directory.GetDirectories(Repository.Golden, "dinov2_step*").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Cases))]
    public void Steps_GoldenRun_GiveReferenceLossesNormsAndWeights(string name)
    {
        var golden = GoldenCase.Load(name);
        using var run = new Dinov2GoldenRun(golden);
        // The reference never joins parameters of different submodules in a group.
        int groups = run.Trainer.Groups.Sum(group => group.Slices.Select(slice => slice.Name.Split('.')[0]).Distinct().Count());
        Assert.That(groups, Is.EqualTo(golden.Scalars().GetProperty("n_param_groups").GetInt32()));
        var steps = run.Steps;
        double worstLoss = 0, worstNorm = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            CompareSchedule(steps[i], run.Scheduled(i), i);
            var terms = run.Step(i);
            worstLoss = Math.Max(worstLoss, CompareLosses(golden, terms, i));
            worstNorm = Math.Max(worstNorm, CompareNorms(golden, run, terms, i));
            Assert.That(terms["masked_patches"], Is.EqualTo(steps[i].GetProperty("n_masked").GetInt32()));
        }

        TestContext.Out.WriteLine($"{name}: losses {worstLoss:0.0000}, gradient norms {worstNorm:0.0000} (worst |diff|/tolerance)");
        Assert.That(worstLoss, Is.LessThanOrEqualTo(1), "losses");
        Assert.That(worstNorm, Is.LessThanOrEqualTo(1), "gradient norms");
        CompareFinalState(golden, run.FinalState());
    }

    [TestCaseSource(nameof(Cases))]
    public void Steps_InBfloat16_StayWithin2PercentOfFloat32(string name)
    {
        using var single = new Dinov2GoldenRun(GoldenCase.Load(name));
        using var narrow = new Dinov2GoldenRun(GoldenCase.Load(name), options => options with { Precision = Precision.Bf16 });
        var worst = LossNames.Append("loss").Append("total_loss").ToDictionary(loss => loss, _ => 0.0);
        for (int i = 0; i < single.Steps.Length; i++)
        {
            var (expected, actual) = (single.Step(i), narrow.Step(i));
            foreach (string loss in worst.Keys)
            {
                worst[loss] = Math.Max(worst[loss], Math.Abs(actual[loss] - expected[loss]) / Math.Abs(expected[loss]));
            }
        }

        TestContext.Out.WriteLine($"{name}: bfloat16 against float32, worst relative difference {string.Join(", ", worst.Select(entry => $"{entry.Key} {100 * entry.Value:0.000} %"))}");
        Assert.That(worst.Values, Has.All.LessThan(0.02));
        Assert.That(worst["loss"], Is.GreaterThan(0), "bfloat16 must be another computation");
    }

    private static void CompareSchedule(JsonElement expected, ScheduledValues now, int step)
    {
        void Compare(string name, double value) => Assert.That(value, Is.EqualTo(expected.GetProperty(name).GetDouble()).Within(1e-12).Percent, $"{name} of step {step}");
        Compare("lr", now.LearningRate);
        Compare("wd", now.WeightDecay);
        Compare("momentum", now.TeacherMomentum);
        Compare("teacher_temp", now.TeacherTemperature);
        Compare("last_layer_lr", now.LastLayerFrozen ? 0 : now.LearningRate);
    }

    // Against the float64 run. Tolerance: eight times the reference's own float32 error in that term, at least 2e-6 of it.
    internal static double CompareLosses(GoldenCase golden, IReadOnlyDictionary<string, double> terms, int step)
    {
        double worst = 0;
        foreach (string loss in LossNames)
        {
            double[] precise = [.. golden.Scalars().GetProperty("fp64_losses").EnumerateArray().Select(s => s.GetProperty(loss).GetDouble())];
            double[] single = [.. golden.Scalars().GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("losses").GetProperty(loss).GetDouble())];
            double gap = precise.Zip(single, (a, b) => Math.Abs(a - b)).Max();
            double tolerance = Math.Max(8 * gap, 2e-6 * precise.Max(Math.Abs));
            worst = Math.Max(worst, Math.Abs(terms[loss] - precise[step]) / tolerance);
        }

        double total = golden.Scalars().GetProperty("steps")[step].GetProperty("logged_total").GetDouble();
        Assert.That(terms["total_loss"], Is.EqualTo(total).Within(1e-5), $"logged total of step {step}");
        double optimised = terms["dino_local_crops_loss"] + terms["dino_global_crops_loss"] + (2 * (terms["koleo_loss"] + terms["ibot_loss"]));
        Assert.That(terms["loss"], Is.EqualTo(optimised).Within(1e-5), $"optimised total of step {step}");
        return worst;
    }

    private static double CompareNorms(GoldenCase golden, Dinov2GoldenRun run, IReadOnlyDictionary<string, double> terms, int step)
    {
        const double Relative = 1e-5;
        double worst = 0;
        foreach (var module in golden.Scalars().GetProperty("fp64_grad_norms")[step].EnumerateObject())
        {
            string name = module.Name == "dino_head" ? "head" : module.Name;
            worst = Math.Max(worst, Math.Abs(terms["gradient_norm_" + name] - module.Value.GetDouble()) / (Relative * module.Value.GetDouble()));
        }

        if (golden.Scalars().GetProperty("steps")[step].TryGetProperty("param_grad_norms", out var all))
        {
            var norms = run.Trainer.LastGradientNorms!;
            Assert.That(norms.Names.Select(Dinov2GoldenRun.ReferenceName), Is.EquivalentTo(all.EnumerateObject().Select(p => p.Name)));
            foreach (string name in norms.Names)
            {
                double expected = all.GetProperty(Dinov2GoldenRun.ReferenceName(name)).GetDouble();
                worst = Math.Max(worst, Math.Abs(norms[name] - expected) / (Relative * Math.Max(1, expected)));
            }
        }

        return worst;
    }

    internal static void CompareFinalState(GoldenCase golden, IReadOnlyDictionary<string, Tensor> state)
    {
        using var scope = NewDisposeScope();
        double worst = 0;
        foreach (var array in golden.Json.GetProperty("arrays").EnumerateArray().Select(a => a.GetProperty("name").GetString()!).Where(a => a.StartsWith("final.", StringComparison.Ordinal)))
        {
            string name = array["final.".Length..];
            using var expected = golden.ReadTensor(array + ".npy");
            worst = Math.Max(worst, golden.AssertClose(state[name].reshape(expected.shape), array));
        }

        var summaries = golden.Json.GetProperty("summaries").EnumerateObject().ToArray();
        Assert.That(summaries.Select(summary => summary.Name.Replace("[q,v]", "", StringComparison.Ordinal)), Is.EquivalentTo(state.Keys.Where(key => !key.EndsWith("center", StringComparison.Ordinal))));
        foreach (var summary in summaries)
        {
            worst = Math.Max(worst, GoldenSummary.AssertClose(summary, GoldenSummary.Select(state, summary.Name)));
        }

        TestContext.Out.WriteLine($"final weights and centers: worst |diff|/tolerance {worst:0.0000}");
    }
}
