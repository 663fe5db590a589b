using System.Buffers.Binary;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Fuzzing;

/// <summary>Damages bytes in the ways that files get damaged, and in those that attackers like: the same for the same random stream.</summary>
internal static class Mutator
{
    private const int LongestResult = 1 << 20;

    /// <summary>One to four mutations of a seed.</summary>
    public static byte[] Mutate(byte[][] seeds, RandomStream random)
    {
        byte[] bytes = [.. seeds[random.NextInt32(seeds.Length)]];
        for (int count = 1 + random.NextInt32(4); count > 0 && bytes.Length > 0; count--)
        {
            bytes = Once(bytes, seeds, random);
            if (bytes.Length > LongestResult)
            {
                return bytes[..LongestResult];
            }
        }

        return bytes;
    }

    private static byte[] Once(byte[] bytes, byte[][] seeds, RandomStream random)
    {
        int place = Place(bytes.Length, random);
        switch (random.NextInt32(12))
        {
            case 0 or 1:
                bytes[place] ^= (byte)(1 << random.NextInt32(8));
                return bytes;
            case 2:
                bytes[place] = (byte)random.NextUInt64();
                return bytes;
            case 3 or 4 or 5:
                WriteNumber(bytes.AsSpan(place), bytes.Length, random);
                return bytes;
            case 6:
                return bytes[..place];
            case 7:
                return [.. bytes, .. new byte[random.NextInt32(64)]];
            case 8:
                byte[] other = seeds[random.NextInt32(seeds.Length)];
                return [.. bytes[..place], .. other[Math.Min(other.Length, random.NextBoolean(.5) ? place : Place(other.Length, random))..]];
            case 9:
                int length = Math.Min(1 + random.NextInt32(256), bytes.Length - place);
                return [.. bytes[..(place + length)], .. bytes[place..]];
            case 10:
                return [.. bytes[..place], .. bytes[Math.Min(bytes.Length, place + 1 + random.NextInt32(64))..]];
            default:
                bytes.AsSpan(place, Math.Min(1 + random.NextInt32(16), bytes.Length - place)).Fill(random.NextBoolean(.5) ? (byte)0xFF : (byte)0);
                return bytes;
        }
    }

    // Headers are where damage matters: half of the places lie in the first kilobyte.
    private static int Place(int length, RandomStream random) =>
        random.NextInt32(random.NextBoolean(.5) ? Math.Min(length, 1024) : length);

    // Numbers of a length or size field: borders, and values near the truth.
    private static void WriteNumber(Span<byte> at, int length, RandomStream random)
    {
        ulong value = random.NextInt32(10) switch
        {
            0 => 0,
            1 => 1,
            2 => ulong.MaxValue,
            3 => int.MaxValue,
            4 => 0x8000_0000,
            5 => 0xFFFF,
            6 => 0x8000,
            7 => (ulong)(length + random.NextInt32(16) - 8),
            8 => (ulong)random.NextInt32(256),
            _ => random.NextUInt64(),
        };
        Span<byte> number = stackalloc byte[8];
        int size = 1 << random.NextInt32(4);
        if (random.NextBoolean(.5))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(number, value << (64 - (8 * size)));
        }

        number[..Math.Min(size, at.Length)].CopyTo(at);
    }
}
