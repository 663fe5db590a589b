using System.Buffers.Binary;
using System.Numerics;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Datasets.Curation;

/// <summary>
/// A difference hash of 256 bits: the picture shrunk to 17 x 16 by means over areas, a bit for each pixel that is brighter than its
/// left neighbour. Compression and small changes of brightness move few bits; another heart phase moves dozens.
/// </summary>
public readonly record struct PerceptualHash(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Two frames are near-duplicates up to this many differing bits of 256.</summary>
    public const int NearDuplicate = 7;

    private const int Rows = 16;
    private const int Columns = 17;

    /// <summary>The hash of a gray picture of height x width bytes.</summary>
    public static PerceptualHash Of(ReadOnlySpan<byte> gray, int height, int width)
    {
        Span<byte> small = stackalloc byte[Rows * Columns];
        FrameOperations.Resize(gray, height, width, 1, small, Rows, Columns, Interpolation.Area);
        Span<ulong> words = stackalloc ulong[4];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns - 1; column++)
            {
                int bit = (row * (Columns - 1)) + column;
                int at = (row * Columns) + column;
                words[bit / 64] |= small[at + 1] > small[at] ? 1UL << (bit % 64) : 0;
            }
        }

        return new PerceptualHash(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote; null when it is something else.</summary>
    public static PerceptualHash? Parse(string text)
    {
        if (text.Length != 64 || !text.All(char.IsAsciiHexDigit))
        {
            return null;
        }

        byte[] bytes = Convert.FromHexString(text);
        ulong Word(int i) => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(8 * i));
        return new PerceptualHash(Word(0), Word(1), Word(2), Word(3));
    }

    /// <summary>Number of bits that differ, 0 to 256.</summary>
    public int Distance(PerceptualHash other) =>
        BitOperations.PopCount(A ^ other.A) + BitOperations.PopCount(B ^ other.B) + BitOperations.PopCount(C ^ other.C) + BitOperations.PopCount(D ^ other.D);

    /// <summary>One of the eight parts of 32 bits: of two hashes that differ in at most seven bits, one part at least is equal.</summary>
    internal uint Part(int index)
    {
        ulong word = (index / 2) switch { 0 => A, 1 => B, 2 => C, _ => D };
        return (uint)(index % 2 == 0 ? word : word >> 32);
    }

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => $"{A:x16}{B:x16}{C:x16}{D:x16}";
}
