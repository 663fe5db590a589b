using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using NUnit.Framework;

namespace EchoApex.Testing;

/// <summary>
/// Freed memory that the C library keeps, because small blocks that live split it: 256 MiB that only
/// <see cref="NativeAllocator.ReleaseFreedMemory"/> gives back. Shows whether a loop calls it.
/// </summary>
public sealed partial class HeapHoles : IDisposable
{
    private const int Blocks = 512;
    private const int BlockSize = 512 << 10;

    private readonly nint[] _small = new nint[Blocks];
    private readonly long _before;

    /// <summary>Makes the holes; ignores the test where freed memory is not kept.</summary>
    public HeapHoles()
    {
        if (!NativeAllocator.KeepFreedMemory())
        {
            Assert.Ignore("The C library is not glibc, or the environment sets its thresholds: freed memory is not kept.");
        }

        nint[] large = new nint[Blocks];
        for (int i = 0; i < Blocks; i++)
        {
            large[i] = malloc(BlockSize);
            _small[i] = malloc(64);
            Marshal.Copy(new byte[BlockSize], 0, large[i], BlockSize);
        }

        foreach (nint block in large)
        {
            free(block);
        }

        _before = Environment.WorkingSet;
    }

    /// <summary>Whether most of it has left the process.</summary>
    public bool AreReleased => _before - Environment.WorkingSet > (long)Blocks * BlockSize / 2;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _small)
        {
            free(block);
        }
    }

    [LibraryImport("libc")]
    private static partial nint malloc(nuint size);

    [LibraryImport("libc")]
    private static partial void free(nint block);
}
