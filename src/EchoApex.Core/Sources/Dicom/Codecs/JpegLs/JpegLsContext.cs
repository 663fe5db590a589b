namespace EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

/// <summary>What a context has learnt of its prediction errors (ITU-T T.87 A.2 and A.6).</summary>
internal struct JpegLsContext
{
    /// <summary>A: sum of absolute errors.</summary>
    public int Magnitude;

    /// <summary>B: sum of errors, for the bias; in run contexts Nn, the number of negative errors.</summary>
    public int Bias;

    /// <summary>C: what is added to a prediction.</summary>
    public int Correction;

    /// <summary>N: number of errors.</summary>
    public int Count;

    /// <summary>The Golomb parameter: the least k with N * 2^k >= the sum.</summary>
    public readonly int GolombBits(int sum)
    {
        int bits = 0;
        while (((long)Count << bits) < sum)
        {
            bits++;
        }

        return bits;
    }

    /// <summary>Takes in an error of regular mode (A.6.1 and A.6.2).</summary>
    public void Update(int error, int step, int reset)
    {
        Magnitude += Math.Abs(error);
        Bias += error * step;
        if (Count == reset)
        {
            Magnitude >>= 1;
            Bias >>= 1;
            Count >>= 1;
        }

        Count++;
        if (Bias <= -Count)
        {
            Bias = Math.Max(Bias + Count, 1 - Count);
            Correction = Math.Max(Correction - 1, -128);
        }
        else if (Bias > 0)
        {
            Bias = Math.Min(Bias - Count, 0);
            Correction = Math.Min(Correction + 1, 127);
        }
    }

    /// <summary>Takes in the error of a sample that ended a run (A.7.2.2).</summary>
    public void UpdateRun(int error, int mapped, int kind, int reset)
    {
        if (error < 0)
        {
            Bias++;
        }

        Magnitude += (mapped + 1 - kind) >> 1;
        if (Count == reset)
        {
            Magnitude >>= 1;
            Bias >>= 1;
            Count >>= 1;
        }

        Count++;
    }
}
