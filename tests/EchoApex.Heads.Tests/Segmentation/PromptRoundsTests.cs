using EchoApex.Heads.Segmentation;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

[NoTensorLeaks]
internal sealed class PromptRoundsTests
{
    [Test]
    public void Join_SeveralMasks_PutsThemOneAfterTheOther() =>
        Assert.That(PromptRounds.Join([[1, 2], [3], [4, 5]]), Is.EqualTo(new float[] { 1, 2, 3, 4, 5 }));

    // A view that is not laid out row by row, in another format: its values are what counts.
    [Test]
    public void ToArrayAndToBytes_TransposedView_ReadRowByRow()
    {
        using var scope = NewDisposeScope();
        var turned = tensor(new float[] { -1, 0, 2, 3, -4, 0.5f }).reshape(2, 3).t();
        Assert.That(PromptRounds.ToArray(turned), Is.EqualTo(new[] { -1, 3, 0, -4, 2, 0.5f }));
        Assert.That(PromptRounds.ToBytes(turned.to(bfloat16)), Is.EqualTo(new byte[] { 0, 1, 0, 0, 1, 1 }));
    }
}
