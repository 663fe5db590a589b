using EchoApex.Testing;
using EchoApex.Training.Dinov2;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

[NoTensorLeaks]
public sealed class KoLeoLossTests
{
    [TestCase("b8d16")]
    [TestCase("b4d384")]
    [TestCase("b2d8")]
    public void Compute_GoldenFeatures_GivesReferenceLossGradientAndNeighbours(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov2_koleo");
        var features = GoldenWeights.Input(golden, "kl." + name).requires_grad_(true);

        var loss = KoLeoLoss.Compute(features);
        loss.backward();

        golden.AssertClose(loss, name + ".loss");
        golden.AssertClose(features.grad!, name + ".grad");
        var unit = nn.functional.normalize(features.detach(), 2, -1, 1e-8);
        Assert.That(KoLeoLoss.NearestNeighbours(unit).data<long>().ToArray(), Is.EqualTo(golden.Read<long>(name + ".nn_index.npy").Values));
    }

    [Test]
    public void Compute_TwinRows_GivesReferenceLoss()
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov2_koleo");
        var features = GoldenWeights.Input(golden, "kl.b8d16");
        features[3].copy_(features[5]);

        golden.AssertClose(KoLeoLoss.Compute(features), "dup.loss");
    }

    [Test]
    public void Compute_OneImage_IsRefused()
    {
        using var features = ones(1, 8);

        Assert.That(() => KoLeoLoss.Compute(features), Throws.ArgumentException.With.Message.Contains("at least 2"));
    }
}
