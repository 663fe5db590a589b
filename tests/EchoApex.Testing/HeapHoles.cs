using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using NUnit.Framework;

namespace EchoApex.Testing;

/// <summary>
/// Freed memory that the C library keeps, because every second block of it lives: 128 MiB that only
/// <see cref="NativeAllocator.ReleaseFreedMemory"/> gives back. Shows whether a loop calls it.
/// </summary>
public sealed partial class HeapHoles : IDisposable
{
    private const int Pairs = 256;
    private const int BlockSize = 512 << 10;

    private readonly nint[] _freed = new nint[Pairs];
    private readonly nint[] _kept = new nint[Pairs];

    /// <summary>Makes the holes; ignores the test where freed memory is not kept.</summary>
    public HeapHoles()
    {
        if (!NativeAllocator.KeepFreedMemory())
        {
            Assert.Ignore("The C library is not glibc, or the environment sets its thresholds: freed memory is not kept.");
        }

        byte[] content = new byte[BlockSize];
        for (int i = 0; i < Pairs; i++)
        {
            _freed[i] = malloc(BlockSize);
            _kept[i] = malloc(BlockSize);
            Marshal.Copy(content, 0, _freed[i], BlockSize);
        }

        foreach (nint block in _freed)
        {
            free(block);
        }
    }

    /// <summary>Whether most of it has left the process. The pages themselves are asked, for the process may have grown elsewhere meanwhile.</summary>
    public bool AreReleased => _freed.Count(IsHeld) < Pairs / 2;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _kept)
        {
            free(block);
        }
    }

    // By the page in the middle of where a block was; no page is there either where the heap has become shorter.
    private static bool IsHeld(nint block)
    {
        nint page = (block + (BlockSize / 2)) / Environment.SystemPageSize * Environment.SystemPageSize;
        return mincore(page, 1, out byte state) == 0 && (state & 1) == 1;
    }

    [LibraryImport("libc")]
    private static partial int mincore(nint address, nuint length, out byte state);

    [LibraryImport("libc")]
    private static partial nint malloc(nuint size);

    [LibraryImport("libc")]
    private static partial void free(nint block);
}
