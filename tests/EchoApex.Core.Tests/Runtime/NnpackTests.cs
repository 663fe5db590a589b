using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

public sealed class NnpackTests
{
    [Test]
    public void SwitchOff_OnLinux_IsTakenByLibtorch()
    {
        using var loaded = TorchSharp.torch.zeros(1);
        Assert.That(Nnpack.SwitchOff(), Is.EqualTo(OperatingSystem.IsLinux()));
    }
}
