using EchoApex.Heads.Segmentation;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

[NoTensorLeaks]
public sealed class SegmentationLossTests
{
    private static readonly SegmentationTrainingOptions Options = new();

    [Test]
    public void Compute_PromptWithoutDoubt_CountsMaskZero()
    {
        using var scope = NewDisposeScope();
        var (output, targets) = Case();
        var terms = SegmentationLoss.Compute(output, targets, [false], Options);
        Assert.That(terms.Best.data<long>()[0], Is.EqualTo(0));

        // Mask 0 is wrong everywhere, its IoU 0 and predicted as 0.9.
        Assert.That(terms.Iou.item<float>(), Is.EqualTo(0.81).Within(1e-5));
        Assert.That(terms.Dice.item<float>(), Is.GreaterThan(0.8));
    }

    [Test]
    public void Compute_OnePoint_CountsTheBestOfTheOthersAndGoesOnWithTheOneItTrusts()
    {
        using var scope = NewDisposeScope();
        var (output, targets) = Case();
        var terms = SegmentationLoss.Compute(output, targets, [true], Options);
        Assert.That(terms.Best.data<long>()[0], Is.EqualTo(1));
        Assert.That(terms.Dice.item<float>(), Is.LessThan(0.01));

        // Predicted 0.5, 0.3, 0.1; true 0.5, 1, 0.
        Assert.That(terms.Iou.item<float>(), Is.EqualTo((0 + (0.7 * 0.7) + (0.1 * 0.1)) / 3).Within(1e-5));
        Assert.That(terms.Total.item<float>(), Is.EqualTo((20 * terms.Focal.item<float>()) + terms.Dice.item<float>() + terms.Iou.item<float>()).Within(1e-5));
    }

    [Test]
    public void Compute_EveryWeight_HasItsEffect()
    {
        using var scope = NewDisposeScope();
        var (output, targets) = Case();
        float Total(SegmentationTrainingOptions options) => SegmentationLoss.Compute(output, targets, [false], options).Total.item<float>();
        float whole = Total(Options);
        Assert.That(Total(Options with { FocalWeight = 0 }), Is.LessThan(whole));
        Assert.That(Total(Options with { DiceWeight = 0 }), Is.LessThan(whole));
        Assert.That(Total(Options with { IouWeight = 0 }), Is.LessThan(whole));
        Assert.That(Total(Options with { FocalAlpha = 0.9 }), Is.Not.EqualTo(whole));
    }

    [Test]
    public void Compute_MaskThatDoesNotCount_GetsNoGradient()
    {
        using var scope = NewDisposeScope();
        var (output, targets) = Case();
        output.Logits.requires_grad = true;
        SegmentationLoss.Compute(output, targets, [true], Options).Total.backward();
        float[] gradient = [.. output.Logits.grad!.abs().sum([0, 2, 3]).data<float>()];
        Assert.That(gradient.Select(value => value > 0), Is.EqualTo(new[] { false, false, true, false }));
    }

    [Test]
    public void Compute_OtherSizes_IsRefused()
    {
        using var scope = NewDisposeScope();
        var (output, _) = Case();
        Assert.That(() => SegmentationLoss.Compute(output, zeros([1, 5, 5]), [true], Options), Throws.ArgumentException);
    }

    // The left half is true; the masks are the right half, half of the left one (IoU 0.5), the left half, and nothing.
    private static (SegmentationOutput Output, Tensor Targets) Case()
    {
        var left = cat([ones([4, 2]), zeros([4, 2])], 1);
        var quarter = cat([cat([ones([2, 2]), zeros([2, 2])], 0), zeros([4, 2])], 1);
        var masks = stack([1 - left, quarter, left, zeros([4, 4])]);
        var logits = ((masks * 2) - 1) * 12;
        return (new SegmentationOutput(logits.unsqueeze(0).detach(), tensor(new float[] { .9f, .5f, .3f, .1f }).unsqueeze(0)), left.unsqueeze(0));
    }
}
