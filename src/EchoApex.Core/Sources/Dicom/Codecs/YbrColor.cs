namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>YBR_FULL to RGB (DICOM PS3.3 C.7.6.3.1.2; ITU-R BT.601 with full range), rounded to nearest.</summary>
internal static class YbrColor
{
    private const int Half = 1 << 15;

    /// <summary>Converts interleaved 8-bit samples in place.</summary>
    public static void FullToRgb(Span<byte> samples)
    {
        for (int i = 0; i + 2 < samples.Length; i += 3)
        {
            int y = samples[i] << 16;
            int b = samples[i + 1] - 128;
            int r = samples[i + 2] - 128;
            samples[i] = Clamp(y + (91881 * r) + Half);
            samples[i + 1] = Clamp(y - (22554 * b) - (46802 * r) + Half);
            samples[i + 2] = Clamp(y + (116130 * b) + Half);
        }
    }

    private static byte Clamp(int scaled) => (byte)Math.Clamp(scaled >> 16, 0, 255);
}
