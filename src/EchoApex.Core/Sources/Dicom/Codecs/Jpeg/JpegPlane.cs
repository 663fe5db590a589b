namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>
/// The samples of one component of a JPEG frame, in whole blocks and units (ITU-T T.81 A.2). Components of half the width, or of half the width
/// and height, are brought to the frame's size by the triangle filter of the Independent JPEG Group's decoder, others by repetition.
/// </summary>
internal sealed class JpegPlane
{
    private readonly ushort[] _samples;
    private readonly int _width;
    private readonly int _height;
    private readonly int _mostHorizontal;
    private readonly int _mostVertical;

    public JpegPlane(JpegComponent component, PixelDescription description, int mostHorizontal, int mostVertical)
    {
        (Component, _mostHorizontal, _mostVertical) = (component, mostHorizontal, mostVertical);
        UnitsAcross = Ceiling(description.Columns, 8 * mostHorizontal);
        UnitsDown = Ceiling(description.Rows, 8 * mostVertical);
        _width = Ceiling(description.Columns * component.Horizontal, mostHorizontal);
        _height = Ceiling(description.Rows * component.Vertical, mostVertical);
        Stride = UnitsAcross * component.Horizontal * 8;
        _samples = new ushort[Stride * UnitsDown * component.Vertical * 8];
    }

    public JpegComponent Component { get; }

    /// <summary>Units of an interleaved scan from left to right.</summary>
    public int UnitsAcross { get; }

    /// <summary>Units of an interleaved scan from top to bottom.</summary>
    public int UnitsDown { get; }

    /// <summary>Blocks of a scan of this component alone, from left to right.</summary>
    public int BlocksAcross => Ceiling(_width, 8);

    /// <summary>Blocks of a scan of this component alone, from top to bottom.</summary>
    public int BlocksDown => Ceiling(_height, 8);

    /// <summary>Samples from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>From the first sample of a block on.</summary>
    public Span<ushort> Block(int x, int y) => _samples.AsSpan((y * 8 * Stride) + (x * 8));

    /// <summary>Gives a row of the frame, as many samples as columns.</summary>
    public void ReadRow(int row, Span<ushort> line)
    {
        bool halfWidth = Component.Horizontal * 2 == _mostHorizontal && _width > 2;
        if (halfWidth && Component.Vertical == _mostVertical)
        {
            InterpolateAcross(Row(row), line);
        }
        else if (halfWidth && Component.Vertical * 2 == _mostVertical)
        {
            int near = row / 2;
            int far = Math.Clamp(row % 2 == 0 ? near - 1 : near + 1, 0, _height - 1);
            InterpolateBoth(Row(near), Row(far), line);
        }
        else
        {
            var from = Row(row * Component.Vertical / _mostVertical);
            for (int x = 0; x < line.Length; x++)
            {
                line[x] = from[x * Component.Horizontal / _mostHorizontal];
            }
        }
    }

    private ReadOnlySpan<ushort> Row(int y) => _samples.AsSpan(y * Stride, _width);

    private static void InterpolateAcross(ReadOnlySpan<ushort> from, Span<ushort> line)
    {
        for (int x = 0; x < line.Length; x++)
        {
            int here = x / 2;
            bool isLeft = x % 2 == 0;
            int other = isLeft ? here - 1 : here + 1;
            line[x] = other < 0 || other >= from.Length ? from[here] : (ushort)(((3 * from[here]) + from[other] + (isLeft ? 1 : 2)) >> 2);
        }
    }

    private static void InterpolateBoth(ReadOnlySpan<ushort> near, ReadOnlySpan<ushort> far, Span<ushort> line)
    {
        for (int x = 0; x < line.Length; x++)
        {
            int here = x / 2;
            bool isLeft = x % 2 == 0;
            int other = Math.Clamp(isLeft ? here - 1 : here + 1, 0, near.Length - 1);
            int sum = (3 * ((3 * near[here]) + far[here])) + (3 * near[other]) + far[other];
            line[x] = (ushort)((sum + (isLeft ? 8 : 7)) >> 4);
        }
    }

    private static int Ceiling(int value, int unit) => (value + unit - 1) / unit;
}
