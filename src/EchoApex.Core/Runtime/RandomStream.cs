using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace EchoApex.Core.Runtime;

/// <summary>
/// A seeded stream of random numbers that is the same on every machine, can be saved and restored, and can be split by
/// name, so that each component draws from its own stream and adding one component never shifts another's numbers.
/// </summary>
/// <remarks>
/// The generator is xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64.
/// <para>Thread safety: an instance belongs to one thread at a time.</para>
/// </remarks>
public sealed class RandomStream
{
    /// <summary>Length of <see cref="SaveState"/> in bytes.</summary>
    public const int StateLength = 48;

    private ulong _s0, _s1, _s2, _s3;
    private double _spareNormal;
    private bool _hasSpareNormal;

    /// <summary>Creates the stream of a seed.</summary>
    public RandomStream(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    /// <summary>Creates the stream of a seed for one component, and optionally one item of it (an epoch, a sample, a frame).</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="component">The component's name, for instance "masking".</param>
    /// <param name="indices">Numbers that identify the item.</param>
    public static RandomStream For(ulong seed, string component, params ReadOnlySpan<long> indices)
    {
        ArgumentNullException.ThrowIfNull(component);
        // The seed is mixed first: a plain exclusive or would let (seed 1, "b") equal (seed 2, "a").
        ulong hash = 14695981039346656037UL ^ SplitMix(ref seed);
        foreach (byte value in Encoding.UTF8.GetBytes(component))
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        ulong mixed = SplitMix(ref hash);
        foreach (long index in indices)
        {
            mixed ^= (ulong)index;
            mixed = SplitMix(ref mixed);
        }

        return new RandomStream(mixed);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number between two bounds: <c>low + (high - low) * u</c>, u in [0, 1). The bounds may be reversed.</summary>
    public double Uniform(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>An integer in [0, <paramref name="exclusiveMaximum"/>), without bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is not positive.</exception>
    public int NextInt32(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        return (int)Math.BigMul(NextUInt64(), (ulong)exclusiveMaximum, out _);
    }

    /// <summary>True with the given probability.</summary>
    public bool NextBoolean(double probability) => NextDouble() < probability;

    /// <summary>A standard normal number (polar method).</summary>
    public double NextNormal()
    {
        if (_hasSpareNormal)
        {
            _hasSpareNormal = false;
            return _spareNormal;
        }

        double x, y, radius;
        do
        {
            x = (2 * NextDouble()) - 1;
            y = (2 * NextDouble()) - 1;
            radius = (x * x) + (y * y);
        }
        while (radius >= 1 || radius == 0);

        double factor = Math.Sqrt(-2 * Math.Log(radius) / radius);
        _spareNormal = y * factor;
        _hasSpareNormal = true;
        return x * factor;
    }

    /// <summary>A normal number of the given mean and standard deviation.</summary>
    public double Normal(double mean, double standardDeviation) => mean + (standardDeviation * NextNormal());

    /// <summary>Fills a span with uniform numbers of [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public void FillUniform(Span<float> values, double low, double high)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Uniform(low, high);
        }
    }

    /// <summary>Fills a span with normal numbers.</summary>
    public void FillNormal(Span<float> values, double mean, double standardDeviation)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Normal(mean, standardDeviation);
        }
    }

    /// <summary>
    /// Fills a span with standard normal numbers for noise in pictures, ten times as fast as <see cref="FillNormal"/>: each is
    /// one of 4,096 quantiles, so that the mean is 0, the variance 1, and nothing lies beyond 3.7. Five numbers use 64 bits.
    /// </summary>
    public void FillNoise(Span<float> values)
    {
        const ulong Mask = (1UL << NormalTable.Bits) - 1;
        const int NumbersADraw = 64 / NormalTable.Bits;
        var table = NormalTable.Values;
        int i = 0;
        for (; i <= values.Length - NumbersADraw; i += NumbersADraw)
        {
            ulong bits = NextUInt64();
            values[i] = table[(int)(bits & Mask)];
            values[i + 1] = table[(int)((bits >> NormalTable.Bits) & Mask)];
            values[i + 2] = table[(int)((bits >> (2 * NormalTable.Bits)) & Mask)];
            values[i + 3] = table[(int)((bits >> (3 * NormalTable.Bits)) & Mask)];
            values[i + 4] = table[(int)((bits >> (4 * NormalTable.Bits)) & Mask)];
        }

        if (i < values.Length)
        {
            for (ulong bits = NextUInt64(); i < values.Length; i++, bits >>= NormalTable.Bits)
            {
                values[i] = table[(int)(bits & Mask)];
            }
        }
    }

    /// <summary>Shuffles a span in place (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = NextInt32(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>A random permutation of 0 .. <paramref name="count"/> - 1.</summary>
    public int[] Permutation(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] values = new int[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = i;
        }

        Shuffle<int>(values);
        return values;
    }

    /// <summary>The complete state, <see cref="StateLength"/> bytes, little endian.</summary>
    public byte[] SaveState()
    {
        byte[] state = new byte[StateLength];
        BinaryPrimitives.WriteUInt64LittleEndian(state, _s0);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(8), _s1);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(16), _s2);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(24), _s3);
        BinaryPrimitives.WriteDoubleLittleEndian(state.AsSpan(32), _spareNormal);
        state[40] = _hasSpareNormal ? (byte)1 : (byte)0;
        return state;
    }

    /// <summary>Restores a state of <see cref="SaveState"/>.</summary>
    /// <exception cref="ArgumentException">The state has another length, or is all zero.</exception>
    public void LoadState(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLength || state[..32].IndexOfAnyExcept((byte)0) < 0)
        {
            throw new ArgumentException($"A random stream's state is {StateLength} bytes and not zero; got {state.Length} bytes.", nameof(state));
        }

        _s0 = BinaryPrimitives.ReadUInt64LittleEndian(state);
        _s1 = BinaryPrimitives.ReadUInt64LittleEndian(state[8..]);
        _s2 = BinaryPrimitives.ReadUInt64LittleEndian(state[16..]);
        _s3 = BinaryPrimitives.ReadUInt64LittleEndian(state[24..]);
        _spareNormal = BinaryPrimitives.ReadDoubleLittleEndian(state[32..]);
        _hasSpareNormal = state[40] != 0;
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
