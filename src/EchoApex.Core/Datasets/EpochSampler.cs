using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets;

/// <summary>
/// An endless sequence of samples: every pass over the data is another random order. The order is computed from
/// (seed, pass), not stored, so it costs the same for a thousand samples and for a hundred million, and the one number
/// <see cref="Position"/> restores it exactly.
/// </summary>
/// <remarks>
/// The order is a Feistel network of six rounds over the smallest even number of bits that holds the count, walked until
/// it lands inside (Black and Rogaway 2002, cycle walking).
/// <para>Thread safety: an instance belongs to one thread at a time.</para>
/// </remarks>
public sealed class EpochSampler
{
    private const int Rounds = 6;

    private readonly ulong _seed;
    private readonly ulong[] _keys = new ulong[Rounds];
    private readonly int _halfBits;
    private long _keyedEpoch = -1;
    private long _position;

    /// <summary>Creates a sampler.</summary>
    /// <param name="count">Number of samples, positive.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="position">Number of draws already made.</param>
    public EpochSampler(long count, ulong seed, long position = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        (Count, _seed, Position) = (count, seed, position);
        int bits = 1;
        while (bits < 62 && 1L << bits < count)
        {
            bits++;
        }

        _halfBits = (bits + 1) / 2;
    }

    /// <summary>Number of samples in one pass.</summary>
    public long Count { get; }

    /// <summary>Number of draws made; set it to go on from there.</summary>
    public long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>The next draw.</summary>
    public SampleDraw Next()
    {
        long epoch = _position / Count;
        long index = _position % Count;
        _position++;
        return new SampleDraw(epoch, index, At(epoch, index));
    }

    /// <summary>The sample at a place of a pass.</summary>
    public long At(long epoch, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (epoch != _keyedEpoch)
        {
            var random = RandomStream.For(_seed, "sampler", epoch);
            for (int round = 0; round < Rounds; round++)
            {
                _keys[round] = random.NextUInt64();
            }

            _keyedEpoch = epoch;
        }

        ulong value = (ulong)index;
        do
        {
            value = Encipher(value);
        }
        while (value >= (ulong)Count);
        return (long)value;
    }

    private ulong Encipher(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1;
        ulong left = value >> _halfBits;
        ulong right = value & mask;
        foreach (ulong key in _keys)
        {
            ulong mixed = (right ^ key) * 0x9E3779B97F4A7C15UL;
            mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9UL;
            (left, right) = (right, left ^ ((mixed >> 31) & mask));
        }

        return (left << _halfBits) | right;
    }
}
