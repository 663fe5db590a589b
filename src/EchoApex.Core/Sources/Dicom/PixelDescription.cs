using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>The image pixel module (DICOM PS3.3 C.7.6.3), checked.</summary>
internal sealed record PixelDescription
{
    // 8,192 x 8,192: far above any ultrasound frame, and a bound on what a damaged header can make us allocate.
    private const long MostPixels = 1 << 26;

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    /// <summary>1 or 3.</summary>
    public required int Samples { get; init; }

    /// <summary>8 or 16.</summary>
    public required int BitsAllocated { get; init; }

    /// <summary>Bits that carry the value, at most <see cref="BitsAllocated"/>.</summary>
    public required int BitsStored { get; init; }

    /// <summary>Position of the highest stored bit.</summary>
    public required int HighBit { get; init; }

    public required bool Signed { get; init; }

    /// <summary>Red, green and blue in planes of their own (native pixel data alone).</summary>
    public required bool Planar { get; init; }

    /// <summary>Photometric interpretation in capitals.</summary>
    public required string Photometric { get; init; }

    /// <summary>Number of frames that the header declares; null when it declares none.</summary>
    public required int? DeclaredFrames { get; init; }

    public int Pixels => Rows * Columns;

    public int BytesPerSample => BitsAllocated / 8;

    /// <summary>Bytes of a decoded frame: all samples at full resolution.</summary>
    public int DecodedLength => Pixels * Samples * BytesPerSample;

    public static PixelDescription Read(IDicomElements elements, string file)
    {
        int samples = Number(elements, file, DicomTags.SamplesPerPixel, "samples per pixel", 1, 1, 4);
        int allocated = Number(elements, file, DicomTags.BitsAllocated, "bits allocated", null, 1, 64);
        string photometric = elements.GetString(DicomTags.PhotometricInterpretation)?.ToUpperInvariant()
            ?? throw new DataException(file, $"has no photometric interpretation {DicomTags.Format(DicomTags.PhotometricInterpretation)}, so the meaning of its pixels is unknown.");
        if (samples is not (1 or 3) || allocated is not (8 or 16))
        {
            throw new DataException(file, $"has {samples} samples of {allocated} bits a pixel; EchoApex reads 1 or 3 samples of 8 or 16 bits.");
        }

        int stored = Number(elements, file, DicomTags.BitsStored, "bits stored", allocated, 1, allocated);
        double frames = elements.GetNumbers(DicomTags.NumberOfFrames) is [var count, ..] ? count : 0;
        if (frames is < 0 or > int.MaxValue || frames != Math.Floor(frames))
        {
            throw new DataException(file, $"declares {frames} frames.");
        }

        var description = new PixelDescription
        {
            Rows = Number(elements, file, DicomTags.Rows, "rows", null, 1, 65535),
            Columns = Number(elements, file, DicomTags.Columns, "columns", null, 1, 65535),
            Samples = samples,
            BitsAllocated = allocated,
            BitsStored = stored,
            HighBit = Number(elements, file, DicomTags.HighBit, "high bit", stored - 1, stored - 1, allocated - 1),
            Signed = Number(elements, file, DicomTags.PixelRepresentation, "pixel representation", 0, 0, 1) == 1,
            Planar = samples == 3 && Number(elements, file, DicomTags.PlanarConfiguration, "planar configuration", 0, 0, 1) == 1,
            Photometric = photometric,
            DeclaredFrames = frames > 0 ? (int)frames : null,
        };
        if ((long)description.Rows * description.Columns > MostPixels)
        {
            throw new DataException(file, $"declares frames of {description.Rows} x {description.Columns} pixels, more than the {MostPixels} that EchoApex reads.");
        }

        return description;
    }

    private static int Number(IDicomElements elements, string file, uint tag, string name, int? missing, int least, int most)
    {
        double value = elements.GetNumbers(tag) is [var first, ..]
            ? first
            : missing ?? throw new DataException(file, $"has no {name} {DicomTags.Format(tag)}.");
        return value >= least && value <= most && value == Math.Floor(value)
            ? (int)value
            : throw new DataException(file, $"declares {value} {name} {DicomTags.Format(tag)}; it must lie in {least}..{most}.");
    }
}
