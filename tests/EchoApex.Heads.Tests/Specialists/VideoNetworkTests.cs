// Shape legend: B = clips, T = frames, S = side.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Specialists;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Specialists;

[NoTensorLeaks]
public sealed class VideoNetworkTests
{
    private static readonly VideoNetworkOptions Small = new() { Widths = [16, 32] };

    [TestCase(1, 16)]
    [TestCase(5, 18)]
    public void Forward_AnyFramesAndSide_IsAboutTheTargetsMean(int frames, int side)
    {
        using var network = new VideoNetwork(Small, new RandomStream(1));
        network.SetTargetStatistics(48, 2);
        using var clips_BTCSS = Clips(2, frames, side);
        using var noGrad = no_grad();
        using var percent_B = network.forward(clips_BTCSS);
        Assert.That(percent_B.shape, Is.EqualTo(new long[] { 2 }));
        Assert.That(percent_B.data<float>().ToArray(), Is.All.EqualTo(48).Within(2));
        Assert.That(network.TargetStatistics, Is.EqualTo((48.0, 2.0)));
    }

    [Test]
    public void Forward_FramesInAnotherOrder_SaysAnotherNumber()
    {
        using var network = new VideoNetwork(Small, new RandomStream(1));
        using var clips_BTCSS = Clips(1, 4, 16);
        using var noGrad = no_grad();
        using var order = tensor(new long[] { 2, 0, 3, 1 });
        using var shuffled_BTCSS = clips_BTCSS.index_select(1, order);
        using var first = network.forward(clips_BTCSS);
        using var second = network.forward(shuffled_BTCSS);
        Assert.That(second.ReadDouble(), Is.Not.EqualTo(first.ReadDouble()).Within(1e-5));
    }

    [Test]
    public void BlocksPerStage_More_AddsThem()
    {
        using var one = new VideoNetwork(Small, new RandomStream(1));
        using var two = new VideoNetwork(Small with { BlocksPerStage = 2 }, new RandomStream(1));
        Assert.That(one.state_dict().Keys, Has.Some.StartsWith("blocks.1.").And.None.StartsWith("blocks.2."));
        Assert.That(two.state_dict().Keys, Has.Some.StartsWith("blocks.3."));
        using var clips_BTCSS = Clips(1, 2, 16);
        using var noGrad = no_grad();
        using var percent_B = two.forward(clips_BTCSS);
        Assert.That(percent_B.ReadDouble(), Is.Not.NaN);
    }

    [Test]
    public void Backward_TwoHundredTimesInUsedMemory_ReachesEveryParameterWithFiniteNumbers()
    {
        using var network = new VideoNetwork(Small, new RandomStream(1));
        using var clips_BTCSS = Clips(2, 4, 16);
        var faults = Gradients.Faults(network, () =>
        {
            var percent_B = network.forward(clips_BTCSS);
            return percent_B.mul(percent_B).sum([0]);
        }, 200);
        Assert.That(faults, Is.Empty);
    }

    [Test]
    public void Forward_OddSide_SaysWhatFits()
    {
        using var network = new VideoNetwork(Small, new RandomStream(1));
        using var clips_BTCSS = Clips(1, 2, 15);
        Assert.That(() => network.forward(clips_BTCSS), Throws.ArgumentException.With.Message.Contains("even S"));
    }

    [Test]
    public void Constructor_WidthNotAMultipleOf16_IsRefused() =>
        Assert.That(() => new VideoNetwork(new VideoNetworkOptions { Widths = [8] }, new RandomStream(1)), Throws.TypeOf<ConfigurationException>().With.Message.Contains('8'));

    private static Tensor Clips(int count, int frames, int side)
    {
        float[] values = new float[count * frames * 3 * side * side];
        new RandomStream(7).FillNormal(values, 0, 1);
        using var flat = tensor(values);
        return flat.reshape(count, frames, 3, side, side);
    }
}
