using EchoApex.Core.Export.Onnx;

namespace EchoApex.Core.Tests.Export.Onnx;

public sealed class OnnxGraphTests
{
    [Test]
    public void Operators_OfOperandsThatDoNotFit_AreRefusedWithBothShapes()
    {
        var graph = new OnnxGraph("test");
        var a = graph.Input("a", OnnxElementType.Float, "batch", 4, 5);
        var b = graph.Input("b", OnnxElementType.Float, "batch", 6, 5);
        Assert.That(() => a.Add(b), Throws.InvalidOperationException.With.Message.Contains("[batch, 4, 5]").And.Message.Contains("[batch, 6, 5]"));
        Assert.That(() => a.MatMul(b), Throws.InvalidOperationException);
        Assert.That(() => new[] { a, b }.Concat(2), Throws.InvalidOperationException);
        Assert.That(() => a.Add(graph.Integer(1)), Throws.InvalidOperationException.With.Message.Contains("types"));
        Assert.That(() => a.Add(new OnnxGraph("other").Constant(1.0)), Throws.InvalidOperationException.With.Message.Contains("another graph"));
        Assert.That(() => a.Size(0), Throws.InvalidOperationException);
    }

    [Test]
    public void Operators_OfNamedAxes_KeepTheirNames()
    {
        var graph = new OnnxGraph("test");
        var a = graph.Input("a", OnnxElementType.Float, "batch", 4, 6);
        Assert.That(a.Reshape("batch", 2, 12).Transpose(1, 0, 2).ToString(), Does.EndWith("[2, batch, 12]"));
        Assert.That(a.ReduceMean([1]).Unsqueeze(-1).ToString(), Does.EndWith("[batch, 6, 1]"));
        Assert.That(new[] { a, a }.Concat(1).Slice(1, 3, 2).ToString(), Does.EndWith("[batch, 2, 6]"));
    }
}
