using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;
using Parameter = TorchSharp.Modules.Parameter;

namespace EchoApex.Core.Tests.Layers;

[NoTensorLeaks]
public sealed class LinearTests
{
    [TestCase(1, 5, 7, 3)]
    [TestCase(3, 17, 96, 33)]
    [TestCase(2, 257, 384, 1536)]
    public void Apply_WithGradients_EqualsLibtorchsOwn(int images, int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        var (input, weight, bias, upstream) = Case(images, tokens, inputs, outputs);

        var expected = Gradients(nn.functional.linear, input, weight, bias, upstream);
        var actual = Gradients((x, w, b) => Linear.Apply(x, w, b), input, weight, bias, upstream);

        Assert.Multiple(() =>
        {
            foreach (var (name, want, got) in expected.Zip(actual, (a, b) => (a.Name, a.Value, b.Value)))
            {
                double largest = want.abs().max().ReadDouble();
                Assert.That((want - got).abs().max().ReadDouble(), Is.LessThan(1e-5 * Math.Max(1, largest)), name);
            }
        });
    }

    [TestCase(0)]
    [TestCase(6)]
    public void Apply_RowsThatLieApart_EqualsLibtorchsOwn(long token)
    {
        using var scope = NewDisposeScope();
        var (input, weight, bias, upstream) = Case(8, 7, 96, 24);
        var rows = upstream.select(1, token);

        // One token of each image, as a decoder's heads read them: rows 7 x 96 numbers apart.
        var expected = Gradients((x, w, b) => nn.functional.linear(x.select(1, token), w, b), input, weight, bias, rows);
        var actual = Gradients((x, w, b) => Linear.Apply(x.select(1, token), w, b), input, weight, bias, rows);
        foreach (var (want, got) in expected.Zip(actual))
        {
            Assert.That((want.Value - got.Value).abs().max().ReadDouble(), Is.LessThan(1e-5), want.Name);
        }
    }

    [TestCase(1, 5, 7, 3)]
    [TestCase(3, 17, 96, 33)]
    [TestCase(2, 257, 384, 1536)]
    public void Apply_NarrowWithGradients_EqualsProductsOfRoundedFactors(int images, int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        var (input, weight, bias, upstream) = Case(images, tokens, inputs, outputs);
        var actual = Gradients((x, w, b) => Linear.Apply(x, w, b, Precision.Bf16), input, weight, bias, upstream).ToDictionary(part => part.Name, part => part.Value);

        var (x, w, g) = (Rounded(input).flatten(0, 1), Rounded(weight), Rounded(upstream).flatten(0, 1));
        Assert.Multiple(() =>
        {
            // One rounding of a result to 8 bits: 2^-8 of it.
            AssertClose("output", (x.mm(w.t()) + bias).view(upstream.shape), actual["output"], 1.0 / 256);
            AssertClose("input", g.mm(w).view(input.shape), actual["input"], 1.0 / 256);
            AssertClose("weight", g.t().mm(x), actual["weight"], 1.0 / 256);
            AssertClose("bias", upstream.sum([0, 1]), actual["bias"], 1e-5);
        });
    }

    [Test]
    public void ForwardGelu_NarrowWithGradient_IsCloseToFloat32AndFrees()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var layer = new Linear(64, 96);
        layer.Initialize(RandomStream.For(1, "test"));
        using var next = new Linear(96, 32);
        next.Initialize(RandomStream.For(2, "test"));
        var upstream = randn(50, 32);
        (Tensor Output, Tensor[] Gradients) Pass(Precision precision)
        {
            (layer.Precision, next.Precision) = (precision, precision);
            layer.zero_grad();
            next.zero_grad();
            var x = (arange(50 * 64, ScalarType.Float32).reshape(50, 64) * 0.7).sin().requires_grad_();
            using var hidden = layer.ForwardGelu(x);
            Assert.That(hidden.dtype, Is.EqualTo(precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32));
            var output = next.forward(hidden);
            output.backward([upstream]);
            return (output.detach(), [x.grad!.clone(), .. layer.parameters().Concat(next.parameters()).Select(parameter => parameter.grad!.clone())]);
        }

        var (single, narrow) = (Pass(Precision.Fp32), Pass(Precision.Bf16));
        Assert.Multiple(() =>
        {
            AssertClose("output", single.Output, narrow.Output, 0.02);
            for (int i = 0; i < single.Gradients.Length; i++)
            {
                AssertClose($"gradient {i}", single.Gradients[i], narrow.Gradients[i], 0.03);
            }
        });
    }

    [Test]
    public void Apply_NarrowWithoutGradient_IsTheSameNumbers()
    {
        using var scope = NewDisposeScope();
        var (input, weight, bias) = (rand(4, 6, 32), new Parameter(rand(16, 32)), new Parameter(rand(16)));
        var recorded = Linear.Apply(input, weight, bias, Precision.Bf16);
        using var noGrad = no_grad();
        var plain = Linear.Apply(input, weight, bias, Precision.Bf16);
        Assert.Multiple(() =>
        {
            Assert.That(plain.dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(recorded.requires_grad, Is.True);
            Assert.That((plain - recorded).abs().max().ReadDouble(), Is.Zero);
            Assert.That(Linear.Apply(zeros(0, 32), weight, bias, Precision.Bf16).shape, Is.EqualTo(new long[] { 0, 16 }));
        });
    }

    [Test]
    public void Apply_ToATransposedView_EqualsTheCopy()
    {
        using var scope = NewDisposeScope();
        var input = rand(24, 40).t();
        var weight = rand(18, 24);
        using var noGrad = no_grad();
        Assert.That((Linear.Apply(input, weight, null) - Linear.Apply(input.contiguous(), weight, null)).abs().max().ReadDouble(), Is.LessThan(1e-5));
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    public void Apply_WithAFrozenPart_GivesGradientToTheRestAlone(bool inputNeeds, bool weightNeeds)
    {
        using var scope = NewDisposeScope();
        var input = rand(6, 8);
        input.requires_grad = inputNeeds;
        var weight = new Parameter(rand(4, 8), weightNeeds);
        var bias = new Parameter(rand(4), requires_grad: false);
        Linear.Apply(input, weight, bias).sum().backward();
        Assert.Multiple(() =>
        {
            Assert.That(input.grad is not null, Is.EqualTo(inputNeeds));
            Assert.That(weight.grad is not null, Is.EqualTo(weightNeeds));
            Assert.That(bias.grad, Is.Null);
        });
    }

    [Test]
    public void Apply_ToSeveralPassesOfOneWeight_AddsTheirGradients()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(rand(4, 8));
        var (first, second) = (rand(5, 8), rand(3, 8));
        (Linear.Apply(first, weight, null).sum() + Linear.Apply(second, weight, null).sum()).backward();
        var expected = first.sum([0]) + second.sum([0]);
        Assert.That((weight.grad! - expected).abs().max().ReadDouble(), Is.LessThan(1e-5));
    }

    [Test]
    public void Apply_ToNoRows_GivesNoRows()
    {
        using var scope = NewDisposeScope();
        Assert.That(Linear.Apply(zeros(0, 8), rand(4, 8), null).shape, Is.EqualTo(new long[] { 0, 4 }));
    }

    [Test]
    public void Apply_InFloat64_KeepsTheType()
    {
        using var scope = NewDisposeScope();
        Assert.That(Linear.Apply(rand(2, 8, ScalarType.Float64), rand(4, 8, ScalarType.Float64), null).dtype, Is.EqualTo(ScalarType.Float64));
    }

    [Test]
    public void ForwardGelu_WithoutGradient_IsTheExactGelu()
    {
        using var scope = NewDisposeScope();
        using var layer = new Linear(64, 96);
        layer.Initialize(RandomStream.For(1, "test"));
        var input = randn(50, 64) * 20;
        var expected = layer.ForwardGelu(input);
        using var noGrad = no_grad();
        Assert.That((layer.ForwardGelu(input) - expected).abs().max().ReadDouble(), Is.LessThan(1e-5));
    }

    private static (Tensor Input, Tensor Weight, Tensor Bias, Tensor Upstream) Case(int images, int tokens, int inputs, int outputs)
    {
        manual_seed(3);
        return (rand(images, tokens, inputs) - 0.5, (rand(outputs, inputs) - 0.5) / Math.Sqrt(inputs), rand(outputs), rand(images, tokens, outputs) - 0.5);
    }

    private static Tensor Rounded(Tensor values) => values.to(ScalarType.BFloat16).to(ScalarType.Float32);

    private static void AssertClose(string name, Tensor expected, Tensor actual, double share)
    {
        Assert.That(actual.dtype, Is.EqualTo(ScalarType.Float32), name);
        Assert.That((actual - expected).abs().max().ReadDouble(), Is.LessThan(share * Math.Max(1, expected.abs().max().ReadDouble())), name);
    }

    private static List<(string Name, Tensor Value)> Gradients(
        Func<Tensor, Tensor, Tensor?, Tensor> map, Tensor input, Tensor weight, Tensor bias, Tensor upstream)
    {
        var x = input.detach().clone().requires_grad_();
        var w = new Parameter(weight.clone());
        var b = new Parameter(bias.clone());
        var output = map(x, w, b);
        output.backward([upstream]);
        return [("output", output.detach()), ("input", x.grad!), ("weight", w.grad!), ("bias", b.grad!)];
    }
}
