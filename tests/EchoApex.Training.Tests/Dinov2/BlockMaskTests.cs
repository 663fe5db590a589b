using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dinov2;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

[NoTensorLeaks]
public sealed class BlockMaskTests
{
    private static IEnumerable<string> DrivenCases() =>
        GoldenCase.Load("ibot_masking").Scalars().GetProperty("driven").EnumerateObject().Select(entry => entry.Name);

    [TestCaseSource(nameof(DrivenCases))]
    public void Generate_GoldenRandomNumbers_GivesReferenceMask(string name)
    {
        var golden = GoldenCase.Load("ibot_masking");
        var driven = golden.Scalars().GetProperty("driven").GetProperty(name);
        int side = int.Parse(name.Split('_')[0][1..]);
        int target = int.Parse(name.Split("_k")[1]);
        var generator = new BlockMaskGenerator(side, side, new BlockMaskOptions { MaximumBlock = driven.GetProperty("max_num_patches").GetDouble() });
        float[] numbers = GoldenCase.Fill("mask." + name, 1000, 1, 0);
        int draws = 0;

        bool[] mask = generator.Generate(target, () => (numbers[draws++] + 1.0) / 2);

        Assert.That(mask.Select(hidden => hidden ? (byte)1 : (byte)0), Is.EqualTo(golden.Read<byte>(name + ".npy").Values));
        Assert.That(draws, Is.EqualTo(driven.GetProperty("draws").GetInt32()));
    }

    [TestCase(16, 25)]
    [TestCase(16, 100)]
    [TestCase(14, 60)]
    public void Generate_ManyMasks_ReachTheTargetAsOftenAsTheReference(int side, int target)
    {
        var expected = GoldenCase.Load("ibot_masking").Scalars().GetProperty("realised_counts_n400").GetProperty($"g{side}_k{target}");
        var generator = new BlockMaskGenerator(side, side);
        var random = new RandomStream(3);

        int[] counts = [.. Enumerable.Range(0, 400).Select(_ => generator.Generate(target, random).Count(hidden => hidden))];

        Assert.That(counts.Max(), Is.EqualTo(target));
        Assert.That(counts.Average(), Is.EqualTo(expected.GetProperty("mean").GetDouble()).Within(0.1));
        Assert.That(counts.Count(count => count == target) / 400.0, Is.EqualTo(expected.GetProperty("frac_exact").GetDouble()).Within(0.06));
    }

    [TestCase(4)]
    [TestCase(8)]
    [TestCase(16)]
    [TestCase(24)]
    [TestCase(64)]
    public void MaskBatch_Golden_HasReferenceRatiosAndUpperBound(int images)
    {
        var expected = GoldenCase.Load("ibot_masking").Scalars().GetProperty("collate_upperbound").GetProperty($"B{images}_N256");
        float[] ratios = MaskBatch.Ratios(new BlockMaskOptions(), images);
        using var batch = MaskBatch.Draw(new BlockMaskGenerator(16, 16), images, new RandomStream(1));

        Assert.That(ratios, Is.EqualTo(expected.GetProperty("probs").EnumerateArray().Select(p => (float)p.GetDouble())).Within(1).Ulps);
        Assert.That(batch.UpperBound, Is.EqualTo(expected.GetProperty("upperbound").GetInt32()));
        Assert.That(batch.Indices.shape[0], Is.LessThanOrEqualTo(batch.UpperBound));
    }

    [Test]
    public void MaskBatch_Draw_TensorsAgreeWithEachOther()
    {
        using var scope = NewDisposeScope();
        using var batch = MaskBatch.Draw(new BlockMaskGenerator(8, 8), 12, new RandomStream(1));

        var counts = batch.Masks.sum(1, type: int64);
        Assert.That(batch.Masks.dtype, Is.EqualTo(@bool));
        Assert.That(counts.data<long>().Count(count => count > 0), Is.EqualTo(6));
        Assert.That(batch.Masks.flatten().nonzero().flatten().data<long>().ToArray(), Is.EqualTo(batch.Indices.data<long>().ToArray()));
        // Each masked image's weights sum to 1.
        Assert.That(batch.Weights.sum().item<float>(), Is.EqualTo(6).Within(1e-4));
    }

    [Test]
    public void MaskBatch_SameSeed_IsTheSameAndAnotherIsNot()
    {
        var generator = new BlockMaskGenerator(8, 8);
        using var first = MaskBatch.Draw(generator, 6, new RandomStream(1));
        using var again = MaskBatch.Draw(generator, 6, new RandomStream(1));
        using var other = MaskBatch.Draw(generator, 6, new RandomStream(2));

        Assert.That(again.Indices.data<long>().ToArray(), Is.EqualTo(first.Indices.data<long>().ToArray()));
        Assert.That(other.Indices.data<long>().ToArray(), Is.Not.EqualTo(first.Indices.data<long>().ToArray()));
    }

    [Test]
    public void MaskBatch_NothingMasked_IsEmpty()
    {
        using var batch = MaskBatch.Draw(new BlockMaskGenerator(8, 8, new BlockMaskOptions { MaskedShare = 0 }), 4, new RandomStream(1));

        Assert.That(batch.Indices.shape, Is.EqualTo(new long[] { 0 }));
        Assert.That(batch.Indices.dtype, Is.EqualTo(int64));
        Assert.That(batch.UpperBound, Is.Zero);
    }

    [TestCase(nameof(BlockMaskOptions.MaskedShare))]
    [TestCase(nameof(BlockMaskOptions.MinimumRatio))]
    [TestCase(nameof(BlockMaskOptions.MaximumRatio))]
    [TestCase(nameof(BlockMaskOptions.MinimumBlock))]
    [TestCase(nameof(BlockMaskOptions.MaximumBlock))]
    [TestCase(nameof(BlockMaskOptions.MinimumAspect))]
    public void Options_Changed_ChangeTheMasks(string option)
    {
        var start = new BlockMaskOptions();
        var changed = option switch
        {
            nameof(BlockMaskOptions.MaskedShare) => start with { MaskedShare = 1 },
            nameof(BlockMaskOptions.MinimumRatio) => start with { MinimumRatio = 0.3 },
            nameof(BlockMaskOptions.MaximumRatio) => start with { MaximumRatio = 0.3 },
            nameof(BlockMaskOptions.MinimumBlock) => start with { MinimumBlock = 8 },
            nameof(BlockMaskOptions.MaximumBlock) => start with { MaximumBlock = 6 },
            _ => start with { MinimumAspect = 0.9 },
        };
        using var first = MaskBatch.Draw(new BlockMaskGenerator(16, 16, start), 8, new RandomStream(1));
        using var second = MaskBatch.Draw(new BlockMaskGenerator(16, 16, changed), 8, new RandomStream(1));

        Assert.That(second.Indices.data<long>().ToArray(), Is.Not.EqualTo(first.Indices.data<long>().ToArray()));
    }

    [Test]
    public void Generate_TargetBeyondTheGrid_IsRefused() =>
        Assert.That(() => new BlockMaskGenerator(4, 4).Generate(17, new RandomStream(1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
