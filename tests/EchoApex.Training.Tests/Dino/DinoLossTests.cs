using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Schedules;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dino;

[NoTensorLeaks]
public sealed class DinoLossTests
{
    private static readonly DinoLossOptions Small = new() { Prototypes = 32, LocalCrops = 4 };

    [Test]
    public void Compute_FiveGoldenCalls_GivesReferenceLossesGradientsAndCenters()
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov1_loss");
        using var loss = new DinoLoss(Small);
        var temperature = new LinearSchedule { Start = 0.04, Final = 0.07, RampSteps = 4 };
        int[] epochs = [0, 1, 2, 3, 6];
        for (int i = 0; i < epochs.Length; i++)
        {
            var student = GoldenWeights.Input(golden, $"v1.s.{i}").requires_grad_(true);
            var teacher = GoldenWeights.Input(golden, $"v1.t.{i}");
            using var result = loss.Compute(student, teacher, temperature.At(epochs[i]));
            result.Loss.backward();

            golden.AssertClose(result.Loss, $"s{i}.loss");
            golden.AssertClose(student.grad!, $"s{i}.grad");
            golden.AssertClose(loss.Center, $"s{i}.center_after");
        }
    }

    [Test]
    public void Compute_TeacherWithGradient_GetsNone()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(Small);
        var student = rand(12, 32).requires_grad_(true);
        var teacher = rand(4, 32).requires_grad_(true);
        using var result = loss.Compute(student, teacher, 0.04);

        result.Loss.backward();

        Assert.That(teacher.grad, Is.Null);
        Assert.That(student.grad, Is.Not.Null);
    }

    [Test]
    public void Compute_NoLocalCrops_IsTheSwappedCrossEntropy()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(Small with { LocalCrops = 0 });
        var student = GoldenCase.FillTensor("s", [2, 32], 1, 0);
        var teacher = GoldenCase.FillTensor("t", [2, 32], 1, 0);
        using var result = loss.Compute(student, teacher, 0.05);
        var targets = nn.functional.softmax(teacher / 0.05, -1);
        var logs = nn.functional.log_softmax(student / 0.1, -1);

        double expected = -0.5 * ((targets[0] * logs[1]).sum() + (targets[1] * logs[0]).sum()).item<float>();

        Assert.That(result.Loss.item<float>(), Is.EqualTo(expected).Within(1e-5));
    }

    [Test]
    public void Compute_SinkhornTargets_UsesThemAndLeavesTheCenter()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(Small with { LocalCrops = 0, Targets = TeacherTargets.SinkhornKnopp });
        var student = GoldenCase.FillTensor("s", [8, 32], 1, 0);
        var teacher = GoldenCase.FillTensor("t", [8, 32], 1, 0);
        using var result = loss.Compute(student, teacher, 0.05);
        var targets = SinkhornKnopp.Assign(teacher, 0.05);
        var logs = nn.functional.log_softmax(student / 0.1, -1);

        double expected = (targets.roll(4, 0) * logs).sum().item<float>() / -8;

        Assert.That(result.Loss.item<float>(), Is.EqualTo(expected).Within(1e-5));
        Assert.That(loss.Center.abs().max().item<float>(), Is.Zero);
    }

    [TestCase(nameof(DinoLossOptions.StudentTemperature))]
    [TestCase(nameof(DinoLossOptions.CenterMomentum))]
    [TestCase(nameof(DinoLossOptions.Targets))]
    [TestCase(nameof(DinoLossOptions.SinkhornIterations))]
    public void Options_Changed_ChangeTheSecondLoss(string option)
    {
        var start = option == nameof(DinoLossOptions.SinkhornIterations) ? Small with { Targets = TeacherTargets.SinkhornKnopp } : Small;
        var changed = option switch
        {
            nameof(DinoLossOptions.StudentTemperature) => start with { StudentTemperature = 0.2 },
            nameof(DinoLossOptions.CenterMomentum) => start with { CenterMomentum = 0.5 },
            nameof(DinoLossOptions.Targets) => start with { Targets = TeacherTargets.SinkhornKnopp },
            _ => start with { SinkhornIterations = 1 },
        };

        Assert.That(SecondLoss(changed), Is.Not.EqualTo(SecondLoss(start)).Within(1e-4));
    }

    [Test]
    public void Diagnostics_UniformAndSharpTeachers_AreToldApart()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(Small);
        var student = zeros(12, 32);
        using var uniform = loss.Compute(student, zeros(4, 32), 0.04);
        var onePrototype = zeros(4, 32);
        onePrototype[TensorIndex.Colon, 3].fill_(100);
        using var collapsed = loss.Compute(student, onePrototype, 0.04);
        using var without = loss.Compute(student, zeros(4, 32), 0.04, diagnostics: false);

        Assert.That(uniform.TeacherEntropy!.item<float>(), Is.EqualTo(Math.Log(32)).Within(1e-5));
        Assert.That(uniform.TeacherKlToUniform!.item<float>(), Is.Zero.Within(1e-5));
        Assert.That(collapsed.TeacherEntropy!.item<float>(), Is.Zero.Within(1e-5));
        Assert.That(collapsed.TeacherKlToUniform!.item<float>(), Is.EqualTo(Math.Log(32)).Within(1e-5));
        Assert.That(without.TeacherEntropy, Is.Null);
    }

    [Test]
    public void State_SavedAndLoaded_ContinuesExactly()
    {
        using var scope = NewDisposeScope();
        using var first = new DinoLoss(Small);
        using var second = new DinoLoss(Small);
        first.Compute(rand(12, 32), rand(4, 32), 0.04).Dispose();
        var saved = first.SaveState();
        second.LoadState(saved);
        var student = rand(12, 32);
        var teacher = rand(4, 32);
        using var a = first.Compute(student, teacher, 0.04);
        using var b = second.Compute(student, teacher, 0.04);

        Assert.That(b.Loss.item<float>(), Is.EqualTo(a.Loss.item<float>()));
        Assert.That(second.Center.data<float>().ToArray(), Is.EqualTo(first.Center.data<float>().ToArray()));
    }

    [Test]
    public void LoadState_OtherNumberOfPrototypes_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(Small);
        using var other = new DinoLoss(Small with { Prototypes = 16 });

        Assert.That(() => loss.LoadState(other.SaveState()), Throws.InstanceOf<CheckpointException>().With.Message.Contains("[1, 16]"));
        Assert.That(() => loss.LoadState(new Dictionary<string, Tensor>()), Throws.InstanceOf<CheckpointException>());
    }

    [TestCase(10, 4, 32)]
    [TestCase(12, 3, 32)]
    [TestCase(12, 4, 16)]
    public void Compute_WrongShapes_AreRefused(int studentRows, int teacherRows, int prototypes)
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(Small);

        Assert.That(() => loss.Compute(zeros(studentRows, prototypes), zeros(teacherRows, prototypes), 0.04), Throws.ArgumentException);
    }

    [Test]
    public void Constructor_InsideAScope_KeepsTheCenter()
    {
        DinoLoss loss;
        using (NewDisposeScope())
        {
            loss = new DinoLoss(Small);
        }

        Assert.That(loss.Center.IsInvalid, Is.False);
        loss.Dispose();
    }

    private static float SecondLoss(DinoLossOptions options)
    {
        using var scope = NewDisposeScope();
        using var loss = new DinoLoss(options);
        loss.Compute(GoldenCase.FillTensor("s0", [24, 32], 1, 0), GoldenCase.FillTensor("t0", [8, 32], 1, 0), 0.05).Dispose();
        using var result = loss.Compute(GoldenCase.FillTensor("s1", [24, 32], 1, 0), GoldenCase.FillTensor("t1", [8, 32], 1, 0), 0.05);
        return result.Loss.item<float>();
    }
}
