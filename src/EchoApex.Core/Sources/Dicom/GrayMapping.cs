namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Stored gray values to 8 bits. Values of up to 8 bits are passed on as stored (signed ones shifted to start at 0): an
/// ultrasound frame is made for display, and its window is not applied. Deeper values go through rescale and the linear
/// window (DICOM PS3.3 C.11.2.1.2) where the file gives one, else their whole stored range is mapped to 0..255.
/// MONOCHROME1 is inverted.
/// </summary>
internal static class GrayMapping
{
    /// <summary>A table over stored values, lowest first: index = value - least stored value.</summary>
    public static byte[] Create(PixelDescription description, IDicomElements elements)
    {
        int count = 1 << description.BitsStored;
        int least = description.Signed ? -(count / 2) : 0;
        var window = ReadWindow(elements);
        double slope = elements.GetNumbers(DicomTags.RescaleSlope) is [var s, ..] && s != 0 ? s : 1;
        double intercept = elements.GetNumbers(DicomTags.RescaleIntercept) is [var i, ..] ? i : 0;
        bool inverted = description.Photometric == "MONOCHROME1";
        byte[] table = new byte[count];
        for (int index = 0; index < count; index++)
        {
            table[index] = description.BitsStored <= 8 ? (byte)(inverted ? count - 1 - index : index)
                : ToByte(window is { } w ? w.Map(((least + index) * slope) + intercept) : index / (count - 1.0), inverted);
        }

        return table;
    }

    private static byte ToByte(double fraction, bool inverted) =>
        (byte)Math.Round(255 * (inverted ? 1 - fraction : fraction), MidpointRounding.AwayFromZero);

    private static Window? ReadWindow(IDicomElements elements) =>
        elements.GetNumbers(DicomTags.WindowCenter) is [var center, ..] && elements.GetNumbers(DicomTags.WindowWidth) is [>= 1 and var width, ..]
            ? new Window(center, width)
            : null;

    private sealed record Window(double Center, double Width)
    {
        public double Map(double value)
        {
            double low = Center - 0.5 - ((Width - 1) / 2);
            double high = Center - 0.5 + ((Width - 1) / 2);
            return value <= low ? 0 : value > high ? 1 : ((value - (Center - 0.5)) / (Width - 1)) + 0.5;
        }
    }
}
