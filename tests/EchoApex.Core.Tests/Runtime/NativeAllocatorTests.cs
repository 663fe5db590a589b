using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

[NonParallelizable]
[Platform("Linux")]
public sealed partial class NativeAllocatorTests
{
    private const int Blocks = 512;
    private const int BlockSize = 512 << 10;

    [Test]
    public void ReleaseFreedMemory_HolesBetweenBlocksThatLive_LeaveTheProcess()
    {
        if (!NativeAllocator.KeepFreedMemory())
        {
            Assert.Ignore("The C library is not glibc, or the environment sets its thresholds: freed memory is not kept.");
        }

        nint[] large = new nint[Blocks];
        nint[] small = new nint[Blocks];
        for (int i = 0; i < Blocks; i++)
        {
            large[i] = malloc(BlockSize);
            small[i] = malloc(64);
            Marshal.Copy(new byte[BlockSize], 0, large[i], BlockSize);
        }

        foreach (nint block in large)
        {
            free(block);
        }

        long before = Environment.WorkingSet;
        Assert.That(NativeAllocator.ReleaseFreedMemory(), Is.True);
        long released = before - Environment.WorkingSet;
        foreach (nint block in small)
        {
            free(block);
        }

        Assert.That(released, Is.GreaterThan((long)Blocks * BlockSize * 3 / 4));
    }

    [LibraryImport("libc")]
    private static partial nint malloc(nuint size);

    [LibraryImport("libc")]
    private static partial void free(nint block);
}
