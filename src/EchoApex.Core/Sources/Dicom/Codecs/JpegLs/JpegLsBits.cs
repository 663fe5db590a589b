using System.Numerics;

namespace EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

/// <summary>
/// Bits of entropy-coded JPEG-LS data (ITU-T T.87 A.1): after a byte FF the next one carries seven bits, so that FF followed
/// by 80 or more can only be a marker, at which reading ends.
/// </summary>
internal ref struct JpegLsBits(ReadOnlySpan<byte> data, int position)
{
    private readonly ReadOnlySpan<byte> _data = data;

    // The next bits, the first one on top.
    private ulong _cache;
    private int _count;
    private int _position = position;
    private bool _afterFf;

    /// <summary>The next bit.</summary>
    public bool ReadBit()
    {
        Require(1);
        bool bit = (long)_cache < 0;
        Drop(1);
        return bit;
    }

    /// <summary>A number of up to 32 bits, the highest first.</summary>
    public int Read(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        Require(count);
        int value = (int)(_cache >> (64 - count));
        Drop(count);
        return value;
    }

    /// <summary>The number of zeros before the next one, both taken.</summary>
    /// <param name="most">More zeros than this are damage.</param>
    public int ReadZeros(int most)
    {
        int zeros = 0;
        while (true)
        {
            Require(1);
            int here = Math.Min(BitOperations.LeadingZeroCount(_cache), _count);
            zeros += here;
            if (zeros > most)
            {
                throw new InvalidDataException("its JPEG-LS data has a code that is too long; it is damaged.");
            }

            if (here < _count)
            {
                Drop(here + 1);
                return zeros;
            }

            Drop(here);
        }
    }

    /// <summary>Drops what is left of the interval and goes behind the marker that ends it.</summary>
    /// <returns>The marker's second byte; 0 when the data ends without one.</returns>
    public byte ReadMarker()
    {
        (_cache, _count, _afterFf) = (0, 0, false);
        while (_position + 1 < _data.Length)
        {
            if (_data[_position] == 0xFF && _data[_position + 1] is >= 0x80 and < 0xFF)
            {
                _position += 2;
                return _data[_position - 1];
            }

            _position++;
        }

        return 0;
    }

    /// <summary>Where the marker that ends the data begins, or the end.</summary>
    public readonly int FindMarker()
    {
        var copy = this;
        return copy.ReadMarker() == 0 ? _data.Length : copy._position - 2;
    }

    private void Drop(int count)
    {
        _cache = count == 64 ? 0 : _cache << count;
        _count -= count;
    }

    private void Require(int count)
    {
        if (_count < count)
        {
            Fill();
            if (_count < count)
            {
                throw new InvalidDataException("its JPEG-LS data ends before the frame is full; it is cut short or damaged.");
            }
        }
    }

    private void Fill()
    {
        while (_count <= 56 && _position < _data.Length)
        {
            byte value = _data[_position];
            if (value == 0xFF && (_position + 1 >= _data.Length || _data[_position + 1] >= 0x80))
            {
                return;
            }

            int bits = _afterFf ? 7 : 8;
            _cache |= (ulong)value << (64 - bits - _count);
            _count += bits;
            _afterFf = value == 0xFF;
            _position++;
        }
    }
}
