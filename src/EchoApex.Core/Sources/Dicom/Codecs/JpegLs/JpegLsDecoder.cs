using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

/// <summary>
/// Reads the markers of a JPEG-LS stream (ITU-T T.87 annex C) and decodes its scans: lossless and near-lossless, 2 to 16 bits, components
/// one after the other or interleaved by line or sample, preset coding parameters, restart intervals. Mapping tables, point
/// transforms and subsampled components, which DICOM does not use, are refused by name.
/// </summary>
internal ref struct JpegLsDecoder
{
    private const byte StartOfImage = 0xD8;
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;
    private const byte RestartInterval = 0xDD;
    private const byte FrameHeader = 0xF7;
    private const byte PresetParameters = 0xF8;

    private readonly ReadOnlySpan<byte> _data;
    private readonly PixelDescription _description;
    private readonly List<byte> _componentIds;
    private int _position;
    private int _precision;
    private int _restartInterval;
    private (int MaxValue, int T1, int T2, int T3, int Reset) _presets;
    private int _decodedComponents;

    private JpegLsDecoder(ReadOnlySpan<byte> data, PixelDescription description)
    {
        _data = data;
        _description = description;
        _componentIds = [];
        _position = 2;
    }

    /// <summary>Decodes a frame; see <see cref="IFrameCodec.Decode"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> data, PixelDescription description, Span<byte> samples)
    {
        if (data is not [0xFF, StartOfImage, 0xFF, ..])
        {
            throw new InvalidDataException("its data is no JPEG-LS stream.");
        }

        var decoder = new JpegLsDecoder(data, description);
        while (decoder._decodedComponents < description.Samples)
        {
            decoder.ReadSegment(samples);
        }
    }

    private void ReadSegment(Span<byte> samples)
    {
        byte marker = ReadMarker();
        int length = _position + 2 <= _data.Length ? BinaryPrimitives.ReadUInt16BigEndian(_data[_position..]) : 0;
        if (marker == EndOfImage || length < 2 || _position + length > _data.Length)
        {
            throw new InvalidDataException($"its JPEG-LS stream ends after {_decodedComponents} of {_description.Samples} components; it is cut short or damaged.");
        }

        var segment = _data.Slice(_position + 2, length - 2);
        _position += length;
        switch (marker)
        {
            case FrameHeader:
                ReadFrameHeader(segment);
                break;
            case PresetParameters:
                ReadPresets(segment);
                break;
            case RestartInterval:
                ReadRestartInterval(segment);
                break;
            case StartOfScan:
                ReadScan(segment, samples);
                break;
            case 0xE8 when segment is [(byte)'m', (byte)'r', (byte)'f', (byte)'x', not 0, ..]:
                throw new InvalidDataException("its JPEG-LS stream uses a colour transform of Hewlett-Packard's (APP8 'mrfx'), which DICOM does not have. " + JpegLsCodec.Remedy);
            case >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC):
                throw new InvalidDataException($"its stream is another JPEG (frame marker FF{marker:X2}) than JPEG-LS; the file's transfer syntax is wrong.");
        }
    }

    private byte ReadMarker()
    {
        while (_position + 1 < _data.Length && _data[_position] == 0xFF && _data[_position + 1] == 0xFF)
        {
            _position++;
        }

        if (_position + 1 >= _data.Length || _data[_position] != 0xFF)
        {
            throw new InvalidDataException($"its JPEG-LS stream has no marker at byte {_position}; it is cut short or damaged.");
        }

        _position += 2;
        return _data[_position - 1];
    }

    private void ReadFrameHeader(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 6 || segment.Length < 6 + (3 * segment[5]))
        {
            throw new InvalidDataException("its JPEG-LS frame header is cut short.");
        }

        _precision = segment[0];
        int height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        int width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        if (width != _description.Columns || height != _description.Rows || segment[5] != _description.Samples)
        {
            throw new InvalidDataException($"its JPEG-LS stream holds {height} x {width} pixels of {segment[5]} components; the header declares {_description.Rows} x {_description.Columns} of {_description.Samples}.");
        }

        if (_precision < 2 || _precision > _description.BitsAllocated)
        {
            throw new InvalidDataException($"its JPEG-LS stream has {_precision} bits a sample, but {_description.BitsAllocated} are allocated.");
        }

        _componentIds.Clear();
        for (int i = 0; i < segment[5]; i++)
        {
            _componentIds.Add(segment[6 + (3 * i)]);
            if (segment[7 + (3 * i)] != 0x11)
            {
                throw new InvalidDataException("its JPEG-LS stream has subsampled components, which EchoApex does not read. " + JpegLsCodec.Remedy);
            }
        }
    }

    private void ReadPresets(ReadOnlySpan<byte> segment)
    {
        switch (segment)
        {
            case [1, _, _, _, _, _, _, _, _, _, _, ..]:
                _presets = (
                    BinaryPrimitives.ReadUInt16BigEndian(segment[1..]),
                    BinaryPrimitives.ReadUInt16BigEndian(segment[3..]),
                    BinaryPrimitives.ReadUInt16BigEndian(segment[5..]),
                    BinaryPrimitives.ReadUInt16BigEndian(segment[7..]),
                    BinaryPrimitives.ReadUInt16BigEndian(segment[9..]));
                break;
            case [2 or 3, ..]:
                throw new InvalidDataException("its JPEG-LS stream has a mapping table (LSE segment), which EchoApex does not read. " + JpegLsCodec.Remedy);
            case [4, ..]:
                throw new InvalidDataException("its JPEG-LS stream is larger than 65,535 pixels a side (LSE segment), which EchoApex does not read. " + JpegLsCodec.Remedy);
            default:
                throw new InvalidDataException("its JPEG-LS stream has an LSE segment of unknown kind; it is damaged.");
        }
    }

    // Lines between two restart markers, in 2, 3 or 4 bytes (C.2.5).
    private void ReadRestartInterval(ReadOnlySpan<byte> segment)
    {
        uint interval = 0;
        foreach (byte value in segment.Length <= 4 ? segment : segment[..4])
        {
            interval = (interval << 8) | value;
        }

        _restartInterval = (int)Math.Min(interval, int.MaxValue);
    }

    private void ReadScan(ReadOnlySpan<byte> segment, Span<byte> samples)
    {
        int count = segment.IsEmpty ? 0 : segment[0];
        if (_precision == 0 || count < 1 || segment.Length < 4 + (2 * count))
        {
            throw new InvalidDataException(_precision == 0 ? "its JPEG-LS stream has a scan before its frame header." : "its JPEG-LS scan header is cut short.");
        }

        int[] components = new int[count];
        for (int i = 0; i < count; i++)
        {
            components[i] = _componentIds.IndexOf(segment[1 + (2 * i)]);
            if (segment[2 + (2 * i)] != 0)
            {
                throw new InvalidDataException("its JPEG-LS stream uses a mapping table, which EchoApex does not read. " + JpegLsCodec.Remedy);
            }
        }

        var (near, interleave, pointTransform) = (segment[1 + (2 * count)], segment[2 + (2 * count)], segment[3 + (2 * count)] & 0x0F);
        if (components.Any(component => component < 0) || components.Distinct().Count() != count || interleave > 2 || (interleave == 0 && count > 1))
        {
            throw new InvalidDataException($"its JPEG-LS stream has a scan of {count} components with interleave mode {interleave} that does not fit its frame header; it is damaged.");
        }

        if (pointTransform != 0)
        {
            throw new InvalidDataException("its JPEG-LS stream uses a point transform, which EchoApex does not read. " + JpegLsCodec.Remedy);
        }

        var parameters = JpegLsParameters.Create(_precision, near, _presets.MaxValue, _presets.T1, _presets.T2, _presets.T3, _presets.Reset);
        DecodeScan(new JpegLsScan(parameters, _description.Columns), components, bySample: interleave == 2, samples);
        _decodedComponents += count;
    }

    private void DecodeScan(JpegLsScan scan, int[] components, bool bySample, Span<byte> samples)
    {
        int width = _description.Columns;
        var bits = new JpegLsBits(_data, _position);
        ushort[][] above = [.. components.Select(_ => new ushort[width + 2])];
        ushort[][] line = [.. components.Select(_ => new ushort[width + 2])];
        int[] runIndex = new int[components.Length];
        int restarts = 0;
        for (int row = 0; row < _description.Rows; row++)
        {
            if (_restartInterval > 0 && row > 0 && row % _restartInterval == 0)
            {
                Restart(ref bits, restarts++);
                scan.Reset();
                Array.Clear(runIndex);
                Array.ForEach(above, values => Array.Clear(values));
            }

            if (bySample)
            {
                scan.DecodeInterleaved(ref bits, above, line, ref runIndex[0]);
            }

            for (int i = 0; i < components.Length; i++)
            {
                if (!bySample)
                {
                    scan.DecodeLine(ref bits, above[i], line[i], ref runIndex[i]);
                }

                SampleWriter.WriteLine(line[i].AsSpan(1, width), row, components[i], _description, samples);
            }

            (above, line) = (line, above);
        }

        _position = bits.FindMarker();
    }

    private static void Restart(ref JpegLsBits bits, int number)
    {
        byte marker = bits.ReadMarker();
        if (marker != 0xD0 + (number & 7))
        {
            throw new InvalidDataException($"its JPEG-LS stream has no restart marker {number & 7} where one is due; it is cut short or damaged.");
        }
    }
}
