namespace EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

/// <summary>Decodes the lines of a JPEG-LS scan (ITU-T T.87 annex A). Ra, Rb, Rc, Rd are the neighbours left, above, above left, above right.</summary>
internal sealed class JpegLsScan
{
    private const int RunContext = 365;

    // J: log2 of the run that a one bit stands for (A.2.1).
    private static ReadOnlySpan<byte> RunBits => [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    private readonly JpegLsParameters _parameters;
    private readonly JpegLsContext[] _contexts = new JpegLsContext[RunContext + 2];
    private readonly sbyte[] _gradientClass;
    private readonly int _width;

    public JpegLsScan(JpegLsParameters parameters, int width)
    {
        (_parameters, _width) = (parameters, width);
        _gradientClass = new sbyte[(2 * parameters.MaxValue) + 1];
        for (int i = 0; i < _gradientClass.Length; i++)
        {
            _gradientClass[i] = Classify(i - parameters.MaxValue);
        }

        Reset();
    }

    /// <summary>Forgets what was learnt, at the beginning and after a restart marker.</summary>
    public void Reset() => Array.Fill(_contexts, new JpegLsContext { Magnitude = Math.Max(2, (_parameters.Range + 32) / 64), Count = 1 });

    /// <summary>Decodes a line of one component.</summary>
    /// <param name="bits">The data.</param>
    /// <param name="above">The line before, with one value at either end for the edges.</param>
    /// <param name="line">The line, likewise.</param>
    /// <param name="runIndex">RUNindex of the component.</param>
    public void DecodeLine(ref JpegLsBits bits, ushort[] above, ushort[] line, ref int runIndex)
    {
        SetEdges(above, line);
        int x = 1;
        while (x <= _width)
        {
            int ra = line[x - 1];
            int context = ContextOf(ra, above[x], above[x - 1], above[x + 1]);
            if (context != 0)
            {
                line[x] = (ushort)DecodeRegular(ref bits, context, Predict(ra, above[x], above[x - 1]));
                x++;
                continue;
            }

            int run = DecodeRun(ref bits, _width + 1 - x, ref runIndex);
            line.AsSpan(x, run).Fill((ushort)ra);
            x += run;
            if (x <= _width)
            {
                int rb = above[x];
                int kind = Math.Abs(ra - rb) <= _parameters.Near ? 1 : 0;
                int error = DecodeRunError(ref bits, kind, runIndex);
                line[x] = (ushort)Reconstruct(kind == 1 ? ra : rb, kind == 0 && ra > rb ? -error : error);
                runIndex = Math.Max(0, runIndex - 1);
                x++;
            }
        }
    }

    /// <summary>Decodes a line whose components are interleaved sample by sample: a run ends where any of them changes.</summary>
    public void DecodeInterleaved(ref JpegLsBits bits, ushort[][] above, ushort[][] line, ref int runIndex)
    {
        for (int c = 0; c < line.Length; c++)
        {
            SetEdges(above[c], line[c]);
        }

        Span<int> contexts = stackalloc int[line.Length];
        int x = 1;
        while (x <= _width)
        {
            int any = 0;
            for (int c = 0; c < line.Length; c++)
            {
                contexts[c] = ContextOf(line[c][x - 1], above[c][x], above[c][x - 1], above[c][x + 1]);
                any |= contexts[c];
            }

            if (any != 0)
            {
                for (int c = 0; c < line.Length; c++)
                {
                    line[c][x] = (ushort)DecodeRegular(ref bits, contexts[c], Predict(line[c][x - 1], above[c][x], above[c][x - 1]));
                }

                x++;
                continue;
            }

            x += DecodeInterleavedRun(ref bits, above, line, x, ref runIndex);
        }
    }

    private int DecodeInterleavedRun(ref JpegLsBits bits, ushort[][] above, ushort[][] line, int x, ref int runIndex)
    {
        int run = DecodeRun(ref bits, _width + 1 - x, ref runIndex);
        foreach (ushort[] component in line)
        {
            component.AsSpan(x, run).Fill(component[x - 1]);
        }

        if (x + run > _width)
        {
            return run;
        }

        for (int c = 0; c < line.Length; c++)
        {
            int ra = line[c][x + run - 1];
            int rb = above[c][x + run];
            int error = DecodeRunError(ref bits, 0, runIndex);
            line[c][x + run] = (ushort)Reconstruct(rb, ra > rb ? -error : error);
        }

        runIndex = Math.Max(0, runIndex - 1);
        return run + 1;
    }

    private void SetEdges(ushort[] above, ushort[] line)
    {
        line[0] = above[1];
        above[_width + 1] = above[_width];
    }

    // The signed context: its sign tells whether the error's sign is turned (A.3.4).
    private int ContextOf(int ra, int rb, int rc, int rd)
    {
        int middle = _parameters.MaxValue;
        return (81 * _gradientClass[rd - rb + middle]) + (9 * _gradientClass[rb - rc + middle]) + _gradientClass[rc - ra + middle];
    }

    private sbyte Classify(int gradient)
    {
        int size = Math.Abs(gradient);
        int level = size <= _parameters.Near ? 0
            : size < _parameters.Threshold1 ? 1
            : size < _parameters.Threshold2 ? 2
            : size < _parameters.Threshold3 ? 3
            : 4;
        return (sbyte)(gradient < 0 ? -level : level);
    }

    private static int Predict(int ra, int rb, int rc)
    {
        var (low, high) = ra < rb ? (ra, rb) : (rb, ra);
        return rc >= high ? low : rc <= low ? high : ra + rb - rc;
    }

    private int DecodeRegular(ref JpegLsBits bits, int signedContext, int prediction)
    {
        int sign = signedContext < 0 ? -1 : 1;
        ref var context = ref _contexts[Math.Abs(signedContext)];
        int k = context.GolombBits(context.Magnitude);
        prediction = Math.Clamp(prediction + (sign * context.Correction), 0, _parameters.MaxValue);
        int mapped = ReadGolomb(ref bits, k, _parameters.Limit);
        int error = (mapped & 1) == 0 ? mapped >> 1 : -((mapped + 1) >> 1);
        if (_parameters.Near == 0 && k == 0 && 2 * context.Bias <= -context.Count)
        {
            // Errors are more often negative here: the mapping is the other way round.
            error = -(error + 1);
        }

        context.Update(error, _parameters.Step, _parameters.Reset);
        return Reconstruct(prediction, sign * error);
    }

    private static int DecodeRun(ref JpegLsBits bits, int remaining, ref int runIndex)
    {
        int run = 0;
        while (bits.ReadBit())
        {
            int full = 1 << RunBits[runIndex];
            int step = Math.Min(full, remaining - run);
            run += step;
            if (step == full)
            {
                runIndex = Math.Min(31, runIndex + 1);
            }

            if (run == remaining)
            {
                return run;
            }
        }

        run += bits.Read(RunBits[runIndex]);
        return run < remaining
            ? run
            : throw new InvalidDataException("its JPEG-LS data has a run beyond the end of its line; it is damaged.");
    }

    private int DecodeRunError(ref JpegLsBits bits, int kind, int runIndex)
    {
        ref var context = ref _contexts[RunContext + kind];
        int k = context.GolombBits(context.Magnitude + (kind == 1 ? context.Count >> 1 : 0));
        int mapped = ReadGolomb(ref bits, k, _parameters.Limit - RunBits[runIndex] - 1);
        int twice = mapped + kind;
        bool odd = (twice & 1) == 1;
        int error = (twice + 1) >> 1;
        if ((k != 0 || 2 * context.Bias >= context.Count) == odd)
        {
            error = -error;
        }

        context.UpdateRun(error, mapped, kind, _parameters.Reset);
        return error;
    }

    // LG(k, limit), A.5.3: long codes give the number in full.
    private int ReadGolomb(ref JpegLsBits bits, int k, int limit)
    {
        int longest = limit - _parameters.ErrorBits - 1;
        int zeros = bits.ReadZeros(longest);
        long value = zeros < longest ? ((long)zeros << k) + (uint)bits.Read(k) : bits.Read(_parameters.ErrorBits) + 1L;
        return value <= 2L * _parameters.Range
            ? (int)value
            : throw new InvalidDataException("its JPEG-LS data has a prediction error out of range; it is damaged.");
    }

    private int Reconstruct(int prediction, int error)
    {
        int value = prediction + (error * _parameters.Step);
        if (value < -_parameters.Near)
        {
            value += _parameters.Range * _parameters.Step;
        }
        else if (value > _parameters.MaxValue + _parameters.Near)
        {
            value -= _parameters.Range * _parameters.Step;
        }

        return Math.Clamp(value, 0, _parameters.MaxValue);
    }
}
