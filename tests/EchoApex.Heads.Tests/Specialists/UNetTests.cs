// Shape legend: B = images, I = channels, S = side.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Specialists;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Specialists;

[NoTensorLeaks]
public sealed class UNetTests
{
    private static readonly UNetOptions Small = new() { Widths = [16, 32, 48] };

    [TestCase(1, 32)]
    [TestCase(3, 36)]
    [TestCase(16, 19)]
    public void Forward_AnyChannelsAndSide_GivesTheInputsSize(int channels, int side)
    {
        using var network = new UNet(3, Small, new RandomStream(1));
        using var images_BISS = Images(2, channels, side);
        using var noGrad = no_grad();
        using var logits = network.forward(images_BISS);
        Assert.That(logits.shape, Is.EqualTo(new long[] { 2, 3, side, side }));
    }

    [TestCase(1, 4)]
    [TestCase(17, 32)]
    public void Forward_ImagesThatDoNotFit_SaysWhatDoes(int channels, int side)
    {
        using var network = new UNet(3, Small, new RandomStream(1));
        using var images_BISS = Images(1, channels, side);
        Assert.That(() => network.forward(images_BISS), Throws.ArgumentException.With.Message.Contains("1 to 16"));
    }

    [Test]
    public void Forward_SameSeed_IsEqualAndOtherSeedIsNot()
    {
        using var images_BISS = Images(1, 1, 16);
        float[] Run(ulong seed)
        {
            using var noGrad = no_grad();
            using var network = new UNet(2, Small, new RandomStream(seed));
            using var logits = network.forward(images_BISS);
            return logits.data<float>().ToArray();
        }

        Assert.That(Run(3), Is.EqualTo(Run(3)));
        Assert.That(Run(4), Is.Not.EqualTo(Run(3)));
    }

    [Test]
    public void Backward_TwoHundredTimesInUsedMemory_ReachesEveryParameterWithFiniteNumbers()
    {
        using var network = new UNet(2, Small, new RandomStream(1));
        using var images_BISS = Images(2, 3, 24);
        var faults = Gradients.Faults(network, () =>
        {
            var logits = network.forward(images_BISS);
            return logits.mul(logits).sum([0, 1, 2, 3]);
        }, 200);
        Assert.That(faults, Is.Empty);
    }

    [Test]
    public void Constructor_WidthNotAMultipleOf16_IsRefused() =>
        Assert.That(() => new UNet(2, new UNetOptions { Widths = [16, 24] }, new RandomStream(1)), Throws.TypeOf<ConfigurationException>().With.Message.Contains("24"));

    private static Tensor Images(int count, int channels, int side)
    {
        float[] values = new float[count * channels * side * side];
        new RandomStream(7).FillNormal(values, 0, 1);
        using var flat = tensor(values);
        return flat.reshape(count, channels, side, side);
    }
}
