// Shape legend: R = rows (crops x samples), K = prototypes.
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

/// <summary>
/// What follows the encoder in a step lies where the networks lie. libtorch's device "meta" has shapes and no values; like a GPU it refuses
/// tensors of the CPU beside its own, and needs no hardware. (It knows neither convolution nor batch norm, so encoders are not covered.)
/// </summary>
public sealed class DeviceTests
{
    [TestCase(TeacherTargets.Centering)]
    [TestCase(TeacherTargets.SinkhornKnopp)]
    public void Losses_OnAnotherDevice_MixInNothingOfTheCpu(TeacherTargets kind)
    {
        using var scope = NewDisposeScope();
        var meta = device("meta");
        using var pair = TinyNetwork.Pair();
        pair.MoveTo(meta);
        var (student_RK, teacher_RK) = (pair.Student.Head.call(empty([12, 24], device: meta)), pair.Teacher.Head.call(empty([8, 24], device: meta)).detach());
        using var dino = new DinoLoss(new DinoLossOptions { Prototypes = 16, LocalCrops = 1, Targets = kind }, meta);
        dino.Compare(student_RK, dino.TakeTargets(teacher_RK, 0.04)).backward();

        var options = new CenteredLossOptions { Prototypes = 16 };
        using var cls = new DinoClsTokenLoss(options, meta);
        using var patches = new IbotPatchLoss(options, meta);
        var targets_RK = kind == TeacherTargets.Centering ? cls.Targets(teacher_RK, 0.04) : SinkhornKnopp.Assign(teacher_RK, 0.04, 3);
        cls.UpdateCenter(teacher_RK);
        cls.Targets(teacher_RK, 0.04);
        var patchTargets_RK = kind == TeacherTargets.Centering ? patches.Targets(teacher_RK, 0.04) : SinkhornKnopp.Assign(teacher_RK, 0.04, 3);
        patches.UpdateCenter(teacher_RK);
        var global_RK = pair.Student.Head.call(empty([8, 24], device: meta));
        var loss = cls.Compute(global_RK, targets_RK, 1, 1) + patches.ComputeMasked(global_RK, patchTargets_RK, empty([8], device: meta), 4);
        (loss + KoLeoLoss.Compute(pair.Student.Head.ForwardMlp(empty([4, 24], device: meta)))).backward();
        Assert.That(pair.Student.Head.parameters().All(parameter => parameter.grad is null || parameter.grad.device.type == meta.type));
    }

    [Test]
    public void Optimizer_OnAnotherDevice_MixesInNothingOfTheCpu()
    {
        using var scope = NewDisposeScope();
        using var pair = TinyNetwork.Pair();
        pair.MoveTo(device("meta"));
        using var flat = new FlatParameters(ParameterGroups.Dinov2(pair.Student.NamedParameters(), 2));
        flat.ZeroGradients();
        pair.Student.Head.call(empty([4, 24], device: device("meta"))).sum().backward();
        using var optimizer = new AdamW(flat);
        Assert.That(() => optimizer.Step(new OptimizerStep(1e-3, 0.04)), Throws.Nothing);
        Assert.That(flat.Groups.All(group => group.Values.device.type == device("meta").type));
    }
}
