using EchoApex.Core.Layers;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Layers;

[NoTensorLeaks]
public sealed class PositionEmbeddingTests
{
    [TestCase(0.1)]
    [TestCase(0)]
    public void Interpolate_ToTheTablesOwnGrid_LeavesItAsItIs(double offset)
    {
        using var scope = NewDisposeScope();
        var table = GoldenCase.FillTensor("table", [1, 17, 4], 1, 0);
        var same = PositionEmbedding.Interpolate(table, 4, 4, offset, antialias: offset == 0);
        Assert.That(same.data<float>().ToArray(), Is.EqualTo(table.data<float>().ToArray()));
    }

    [Test]
    public void Interpolate_ToAsManyPatchesInAnotherShape_DoesInterpolate()
    {
        using var scope = NewDisposeScope();
        var table = GoldenCase.FillTensor("table", [1, 17, 4], 1, 0);
        var other = PositionEmbedding.Interpolate(table, 2, 8, 0.1, antialias: false);
        Assert.That(other.shape, Is.EqualTo(table.shape));
        Assert.That(other.allclose(table), Is.False);
    }

    [Test]
    public void Interpolate_ByScaleAndBySize_GivesDifferentTables()
    {
        using var scope = NewDisposeScope();
        var table = GoldenCase.FillTensor("table", [1, 257, 8], 1, 0);
        var scale = PositionEmbedding.Interpolate(table, 7, 7, 0.1, antialias: false);
        var size = PositionEmbedding.Interpolate(table, 7, 7, 0, antialias: false);
        double rms = (scale - size).square().mean().sqrt().item<float>() / table.std().item<float>();
        Assert.That(rms, Is.GreaterThan(0.1));
    }

    [Test]
    public void Interpolate_EveryGridUpTo40FromPublishedTables_HasTheGridsSize()
    {
        using var scope = NewDisposeScope();
        foreach (int side in new[] { 14, 16, 32, 37 })
        {
            using var table = zeros(1, 1 + (side * side), 1);
            for (int grid = 1; grid <= 40; grid++)
            {
                using var resized = PositionEmbedding.Interpolate(table, grid, 41 - grid, 0.1, antialias: false);
                Assert.That(resized.shape[1], Is.EqualTo(1 + (grid * (41 - grid))));
            }
        }
    }

    [Test]
    public void Interpolate_OfHalfPrecision_IsDoneInSinglePrecision()
    {
        using var scope = NewDisposeScope();
        var table = GoldenCase.FillTensor("table", [1, 17, 4], 1, 0).to(bfloat16);
        var half = PositionEmbedding.Interpolate(table, 5, 3, 0.1, antialias: false);
        var single = PositionEmbedding.Interpolate(table.to(float32), 5, 3, 0.1, antialias: false);
        Assert.That(half.dtype, Is.EqualTo(bfloat16));
        Assert.That(half.to(float32).data<float>().ToArray(), Is.EqualTo(single.to(bfloat16).to(float32).data<float>().ToArray()));
    }
}
