using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Runtime;

[NonParallelizable]
[Platform("Linux")]
public sealed class NativeAllocatorTests
{
    [Test]
    public void ReleaseFreedMemory_HolesBetweenBlocksThatLive_LeaveTheProcess()
    {
        using var holes = new HeapHoles();
        Assert.That(holes.AreReleased, Is.False);
        Assert.That(NativeAllocator.ReleaseFreedMemory(), Is.True);
        Assert.That(holes.AreReleased);
    }
}
