// Shape legend: 1 image, 1 + K = background and two structures, H = W = 16 pixels of a mask, the input is twice as large.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

[NoTensorLeaks]
public sealed class SemanticPriorTests
{
    private const int Side = 16;

    [Test]
    public void Logits_NamedStructure_AreItsOwn()
    {
        using var scope = NewDisposeScope();
        var logits = SemanticPrior.Logits(Semantic(), [new InputPrompt { Structure = 1 }], 2 * Side, 2 * Side);
        AssertShows(logits, first: false, second: true);
    }

    [Test]
    public void Logits_PointInAStructure_AreThatStructures()
    {
        using var scope = NewDisposeScope();
        var first = SemanticPrior.Logits(Semantic(), [new InputPrompt { Points = [new PromptPoint(8, 8, true)] }], 2 * Side, 2 * Side);
        AssertShows(first, first: true, second: false);
        var second = SemanticPrior.Logits(Semantic(), [new InputPrompt { Points = [new PromptPoint(24, 24, true)] }], 2 * Side, 2 * Side);
        AssertShows(second, first: false, second: true);
    }

    [Test]
    public void Logits_PointOutside_SpeaksAgainstItsStructure()
    {
        using var scope = NewDisposeScope();

        // The point inside lies on background, which speaks for neither; the one outside decides.
        var prompt = new InputPrompt { Points = [new PromptPoint(30, 2, true), new PromptPoint(8, 8, false)] };
        AssertShows(SemanticPrior.Logits(Semantic(), [prompt], 2 * Side, 2 * Side), first: false, second: true);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Logits_Corrections_LeaveTheStructureThatIsMeant(bool box)
    {
        using var scope = NewDisposeScope();

        // Where the reader says that the mask is wrong, the pixels' own shares are wrong too: they speak strongly for the first structure, and for the second.
        InputPrompt meant = box ? new() { Box = new PromptBox(2, 2, 14, 14) } : new() { Points = [new PromptPoint(8, 8, true)] };
        var corrected = meant with { Points = [.. meant.Points, new PromptPoint(12, 8, false), new PromptPoint(24, 24, true)] };
        AssertShows(SemanticPrior.Logits(Semantic(), [meant], 2 * Side, 2 * Side), first: true, second: false);
        AssertShows(SemanticPrior.Logits(Semantic(), [corrected], 2 * Side, 2 * Side), first: true, second: false);
    }

    [Test]
    public void Logits_Box_AreThoseOfTheStructureWithSuchABox()
    {
        using var scope = NewDisposeScope();
        var around = new InputPrompt { Box = new PromptBox(18, 18, 30, 30) };
        AssertShows(SemanticPrior.Logits(Semantic(), [around], 2 * Side, 2 * Side), first: false, second: true);
    }

    [Test]
    public void Logits_SeveralPromptsOfOneImage_AreAnsweredEach()
    {
        using var scope = NewDisposeScope();
        var logits = SemanticPrior.Logits(Semantic(), [new InputPrompt { Structure = 0 }, new InputPrompt { Structure = 1 }], 2 * Side, 2 * Side);
        AssertShows(logits.narrow(0, 0, 1), first: true, second: false);
        AssertShows(logits.narrow(0, 1, 1), first: false, second: true);
    }

    [Test]
    public void Compute_RightAndWrongLogits_TellsThemApart()
    {
        using var scope = NewDisposeScope();
        byte[] labels = new byte[4 * Side * Side];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = (byte)Structure(i % (2 * Side) / 2, i / (2 * Side) / 2);
        }

        var truth = tensor(labels).reshape(1, 2 * Side, 2 * Side);
        using var right = SemanticLoss.Compute(Semantic(), truth);
        using var wrong = SemanticLoss.Compute(Semantic().flip(3), truth);
        Assert.That(right.ReadDouble(), Is.LessThan(0.1));
        Assert.That(wrong.ReadDouble(), Is.GreaterThan(1));
    }

    // The second structure's pixels carry label 0, as those of a set do that does not draw it.
    [Test]
    public void Compute_StructureThatAnImageDoesNotDraw_IsNotTaughtToBeBackground()
    {
        using var scope = NewDisposeScope();
        byte[] labels = [.. Enumerable.Range(0, 4 * Side * Side).Select(i => (byte)(Structure(i % (2 * Side) / 2, i / (2 * Side) / 2) == 1 ? 1 : 0))];
        var truth = tensor(labels).reshape(1, 2 * Side, 2 * Side);
        var undrawn = tensor(new[] { false, true }).reshape(1, 2);
        var shown = Semantic().requires_grad_(true);
        var loss = SemanticLoss.Compute(shown, truth, undrawn);
        loss.backward();
        Assert.That(loss.ReadDouble(), Is.LessThan(0.1), "what it shows beyond the drawn may be there");
        Assert.That(SemanticLoss.Compute(Semantic(), truth).ReadDouble(), Is.GreaterThan(1), "taken for background it counts as wrong");

        // Where the second structure is shown, nothing pulls it towards the background.
        float[] gradient = [.. shown.grad!.contiguous().data<float>()];
        Assert.That(gradient[(2 * Side * Side) + (12 * Side) + 12], Is.LessThanOrEqualTo(0));
        Assert.That(SemanticLoss.Compute(Semantic(), truth, tensor(new[] { false, false }).reshape(1, 2)).ReadDouble(), Is.EqualTo(SemanticLoss.Compute(Semantic(), truth).ReadDouble()).Within(1e-6));
        Assert.That(SemanticLoss.Compute(Semantic().flip(3), truth, undrawn).ReadDouble(), Is.GreaterThan(1), "the drawn one is still taught");

        var nothing = SemanticLoss.Compute(Semantic().requires_grad_(true), zeros(1, 2 * Side, 2 * Side), tensor(new[] { true, true }).reshape(1, 2));
        Assert.That(nothing.ReadDouble(), Is.EqualTo(1).Within(1e-5), "an image that draws none of them teaches nothing");
    }

    // Structure 1 of the labels fills the upper left, structure 2 the lower right.
    private static int Structure(int x, int y) => x is >= 1 and < 7 && y is >= 1 and < 7 ? 1 : x is >= 9 and < 15 && y is >= 9 and < 15 ? 2 : 0;

    private static Tensor Semantic()
    {
        float[] values = new float[3 * Side * Side];
        for (int i = 0; i < Side * Side; i++)
        {
            values[(Structure(i % Side, i / Side) * Side * Side) + i] = 8;
        }

        return tensor(values).reshape(1, 3, Side, Side);
    }

    private static void AssertShows(Tensor logits, bool first, bool second)
    {
        float[] values = [.. logits.contiguous().data<float>()];
        Assert.That(values, Has.Length.EqualTo(Side * Side));
        Assert.That(values[(4 * Side) + 4] > 0, Is.EqualTo(first), "first structure");
        Assert.That(values[(12 * Side) + 12] > 0, Is.EqualTo(second), "second structure");
        Assert.That(values[(2 * Side) + 13], Is.Negative, "background");
    }
}
