using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace EchoApex.Core.Sources.Images.GrayJpeg;

/// <summary>Bits of data without stuffing, the next one on top of a window. Reads up to sixteen bytes past what it is asked for.</summary>
internal unsafe struct BitReader
{
    // Five of the six bits: with the same mask as the shift's the compiler would make the shift wait for it.
    private const int LengthMask = 0x1F;

    private byte* _next;
    private ulong _ahead;

    // How many bits of the window are of bytes that the pointer has passed.
    private int _count;

    /// <summary>Begins at a first byte.</summary>
    public BitReader(byte* first)
    {
        _next = first;
        _ahead = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(first));
    }

    /// <summary>The next bits; at least 56 after <see cref="Fill"/>.</summary>
    public ulong Window;

    /// <summary>Bits that were dropped since a first byte.</summary>
    public readonly long Used(byte* first) => ((_next - first) * 8) - _count;

    /// <summary>
    /// Takes bytes into the window; bits below those counted may be there already: the same ones are put there again. What the next call takes is
    /// loaded here, so that nobody waits for it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill()
    {
        Window |= _ahead >> _count;
        _next += (63 - _count) >> 3;
        _count |= 56;
        _ahead = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(_next));
    }

    /// <summary>Drops as many bits as an entry's lowest six bits say.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Drop(int entry)
    {
        Window <<= entry;
        _count -= entry & LengthMask;
    }

    /// <summary>Takes an entry of a table: gives it, and the number that belongs to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(int* entries, int* longEntries, out int number)
    {
        int entry = entries[Window >> (64 - CoefficientTable.LookupBits)];
        if ((entry & CoefficientTable.Long) != 0)
        {
            entry = longEntries[Window >> 48];
        }

        // EXTEND, T.81 F.2.2.1, without a branch that nobody could predict: a number whose top bit is 0 is negative.
        int largest = entry >> 16;
        number = (int)(Window >> (64 - (entry & LengthMask))) & largest;
        number -= largest & ((number - 1 - (largest >> 1)) >> 31);
        Drop(entry);
        return entry;
    }
}
