using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dinov2;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

[NoTensorLeaks]
public sealed class DinoClsTokenLossTests
{
    private static readonly CenteredLossOptions Small = new() { Prototypes = 32 };

    [Test]
    public void Compute_FiveGoldenSteps_GiveReferenceCentersTargetsLossesAndGradients()
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov2_dinoloss_centering");
        using var loss = new DinoClsTokenLoss(Small);
        double[] temperatures = [.. golden.Json.GetProperty("config").GetProperty("teacher_temps").EnumerateArray().Select(t => t.GetDouble())];
        string[] arrays = [.. golden.Json.GetProperty("arrays").EnumerateArray().Select(a => a.GetProperty("name").GetString()!)];
        for (int i = 0; i < temperatures.Length; i++)
        {
            var teacher = GoldenWeights.Input(golden, $"dl.teacher.{i}");
            var local = GoldenWeights.Input(golden, $"dl.slocal.{i}").requires_grad_(true);
            var whole = GoldenWeights.Input(golden, $"dl.sglobal.{i}").requires_grad_(true);
            var targets = loss.Targets(teacher, temperatures[i]);
            golden.AssertClose(loss.Center, $"s{i}.center_used");
            golden.AssertClose(targets.view(2, 4, 32), $"s{i}.teacher_prob");
            loss.UpdateCenter(teacher);

            var localLoss = loss.Compute(local, targets, 3, 2);
            var globalLoss = loss.Compute(whole, targets, 1, 1);
            golden.AssertClose(localLoss, $"s{i}.loss_local_raw");
            golden.AssertClose(globalLoss, $"s{i}.loss_global_raw");
            (localLoss + globalLoss).backward();
            if (arrays.Contains($"s{i}.grad_slocal"))
            {
                golden.AssertClose(local.grad!, $"s{i}.grad_slocal");
                golden.AssertClose(whole.grad!, $"s{i}.grad_sglobal");
            }
        }

        // The last update still waits; the next call applies it.
        loss.Targets(zeros(1, 32), 0.1);
        golden.AssertClose(loss.Center, "final_center");
    }

    [Test]
    public void State_SavedWithAPendingUpdate_ContinuesExactly()
    {
        using var scope = NewDisposeScope();
        using var first = new DinoClsTokenLoss(Small);
        using var second = new DinoClsTokenLoss(Small);
        var teacher = GoldenCase.FillTensor("t", [8, 32], 1, 0);
        first.Targets(teacher, 0.1);
        first.UpdateCenter(teacher);
        second.LoadState(first.SaveState());

        var a = first.Targets(teacher, 0.1);
        var b = second.Targets(teacher, 0.1);

        Assert.That(b.data<float>().ToArray(), Is.EqualTo(a.data<float>().ToArray()));
        Assert.That(second.Center.abs().max().item<float>(), Is.GreaterThan(0));
        Assert.That(first.SaveState().Keys, Is.EqualTo(new[] { "center" }));
    }

    [Test]
    public void LoadState_OtherNumberOfPrototypes_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoClsTokenLoss(Small);
        using var other = new DinoClsTokenLoss(Small with { Prototypes = 8 });

        Assert.That(() => loss.LoadState(other.SaveState()), Throws.InstanceOf<CheckpointException>().With.Message.Contains("8"));
    }

    [Test]
    public void Options_Changed_ChangeTheLoss()
    {
        Assert.That(SecondLoss(Small with { StudentTemperature = 0.2 }), Is.Not.EqualTo(SecondLoss(Small)).Within(1e-4));
        Assert.That(SecondLoss(Small with { CenterMomentum = 0.1 }), Is.Not.EqualTo(SecondLoss(Small)).Within(1e-4));
    }

    [Test]
    public void Compute_UnevenRows_AreRefused()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoClsTokenLoss(Small);

        Assert.That(() => loss.Compute(zeros(7, 32), zeros(4, 32), 3, 2), Throws.ArgumentException);
        Assert.That(() => loss.Compute(zeros(6, 16), zeros(4, 32), 3, 2), Throws.ArgumentException);
        Assert.That(() => loss.Targets(zeros(4, 8), 0.1), Throws.ArgumentException);
    }

    private static float SecondLoss(CenteredLossOptions options)
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoClsTokenLoss(options);
        var teacher = GoldenCase.FillTensor("t", [4, 32], 1, 0);
        loss.UpdateCenter(teacher);
        return loss.Compute(GoldenCase.FillTensor("s", [4, 32], 1, 0), loss.Targets(teacher, 0.1), 1, 1).item<float>();
    }
}
