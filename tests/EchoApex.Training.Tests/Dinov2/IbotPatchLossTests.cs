using EchoApex.Testing;
using EchoApex.Training.Dinov2;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

[NoTensorLeaks]
public sealed class IbotPatchLossTests
{
    private static readonly CenteredLossOptions Small = new() { Prototypes = 32 };

    [Test]
    public void ComputeMasked_FourGoldenSteps_GiveReferenceCentersTargetsLossesAndGradients()
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov2_ibotloss");
        using var loss = new IbotPatchLoss(Small);
        Tensor mask = zeros(1);
        for (int i = 0; i < 4; i++)
        {
            mask = golden.ReadTensor($"s{i}.mask.npy");
            var weights = (1 / mask.sum([1], keepdim: true).clamp_min(1)).expand_as(mask).masked_select(mask.to(@bool));
            golden.AssertClose(weights, $"s{i}.masks_weight");
            long masked = weights.shape[0];
            var teacher = GoldenWeights.Input(golden, $"ib.teacher.{i}").narrow(0, 0, masked);
            var student = GoldenWeights.Input(golden, $"ib.student.{i}").narrow(0, 0, masked).contiguous().requires_grad_(true);
            var targets = loss.Targets(teacher, Temperature(i));
            golden.AssertClose(loss.Center.unsqueeze(0), $"s{i}.center_used");
            if (i == 0)
            {
                golden.AssertClose(targets.reshape(golden.ReadTensor("s0.teacher_prob.npy").shape), "s0.teacher_prob");
            }

            loss.UpdateCenter(teacher);
            var value = loss.ComputeMasked(student, targets, weights, mask.shape[0]);
            value.backward();
            golden.AssertClose(value, $"s{i}.loss");
            golden.AssertClose(student.grad!, $"s{i}.grad_student");
        }

        loss.Targets(zeros(0, 32), 0.1);
        golden.AssertClose(loss.Center.unsqueeze(0), "final_center");
        var full = nn.functional.softmax(GoldenWeights.Input(golden, "ib.full.t") / 0.07, -1);
        golden.AssertClose(loss.Compute(GoldenWeights.Input(golden, "ib.full.s"), full, mask.to(@bool)), "full.loss");
    }

    [Test]
    public void UpdateCenter_NoMaskedPatches_KeepsTheCenter()
    {
        using var scope = NewDisposeScope();
        using var loss = new IbotPatchLoss(Small);
        loss.UpdateCenter(ones(3, 32));
        loss.Targets(ones(3, 32), 0.1);
        float before = loss.Center.max().item<float>();

        loss.UpdateCenter(zeros(0, 32));
        loss.Targets(zeros(0, 32), 0.1);

        Assert.That(loss.Center.max().item<float>(), Is.EqualTo(before).And.EqualTo(0.1f).Within(1e-6));
    }

    [Test]
    public void ComputeMasked_NoMaskedPatches_IsZero()
    {
        using var scope = NewDisposeScope();
        using var loss = new IbotPatchLoss(Small);

        Assert.That(loss.ComputeMasked(zeros(0, 32), zeros(0, 32), zeros(0), 4).item<float>(), Is.Zero);
        Assert.That(() => loss.ComputeMasked(zeros(2, 32), zeros(2, 32), zeros(3), 4), Throws.ArgumentException);
    }

    private static double Temperature(int step) => TemperatureTable[step];

    private static readonly double[] TemperatureTable = [0.04, 0.05, 0.06, 0.07];
}
