using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>A left ventricle in one apical view, cut into discs perpendicular to its long axis.</summary>
public sealed record LvTrace
{
    /// <summary>Discs along the long axis: twenty, as the ASE recommends (Lang et al., J Am Soc Echocardiogr 2015;28:1-39).</summary>
    public const int Discs = 20;

    // Lines a disc, and steps a pixel along each: a mask of 112 pixels has two rows a disc, one line each would be coarse.
    private const int Lines = 4;
    private const int StepsAPixel = 4;

    /// <summary>The apex in pixels of the mask.</summary>
    public required ImagePoint Apex { get; init; }

    /// <summary>The middle of the mitral annulus in pixels of the mask.</summary>
    public required ImagePoint Base { get; init; }

    /// <summary>Length of the long axis; in mm if <see cref="HasPhysicalSize"/>, else in pixels.</summary>
    public required double Length { get; init; }

    /// <summary>Diameter of each disc from the apex to the base: root mean square over its lines; unit as <see cref="Length"/>.</summary>
    public required IReadOnlyList<double> Diameters { get; init; }

    /// <summary>Whether lengths are in mm; otherwise in pixels, and the trace serves ejection fractions alone.</summary>
    public required bool HasPhysicalSize { get; init; }

    /// <summary>Traces a mask.</summary>
    /// <param name="mask">The frame's mask in its original size.</param>
    /// <param name="label">The value of the left ventricle's cavity.</param>
    /// <param name="spacing">Size of a pixel; null when unknown.</param>
    /// <param name="landmarks">Points that place the long axis; null finds it from the mask.</param>
    /// <param name="squarePixels">
    /// Without spacing: that pixels are known to be as wide as high. An ejection fraction is a ratio of two volumes and does not need
    /// the pixel's size then; with oblong pixels of unknown proportion the long axis turns between frames and the ratio is wrong too.
    /// </param>
    /// <exception cref="MeasurementRefusedException">The structure is absent or too small, or neither spacing nor proportion is known.</exception>
    public static LvTrace FromMask(LabelMask mask, byte label, PixelSpacing? spacing, LvLandmarks? landmarks = null, bool squarePixels = false)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (spacing is null && !squarePixels)
        {
            throw new MeasurementRefusedException(
                MeasurementRefusal.UnknownPixelProportion,
                "The clip does not say how large a pixel is: there are no volumes. Give the pixel spacing; if pixels are known to be square, the ejection fraction alone can be had without it.");
        }

        var shape = new CavityShape(mask, label, spacing ?? new PixelSpacing(1, 1));
        var axis = LongAxis.Find(shape, landmarks);
        if (axis.Length < 4 * shape.Step)
        {
            throw new MeasurementRefusedException(MeasurementRefusal.TooSmall, $"The ventricle's long axis is {axis.Length / shape.Step:0.0} pixels long; the method of discs needs at least 4.");
        }

        return new LvTrace
        {
            Apex = shape.ToPixel(axis.Apex),
            Base = shape.ToPixel(axis.Base),
            Length = axis.Length,
            Diameters = Cut(shape, axis),
            HasPhysicalSize = spacing is not null,
        };
    }

    private static double[] Cut(CavityShape shape, LongAxis axis)
    {
        double ux = (axis.Base.X - axis.Apex.X) / axis.Length, uy = (axis.Base.Y - axis.Apex.Y) / axis.Length;
        double step = shape.Step / StepsAPixel;

        // No part of a ventricle is farther from its axis than this.
        double reach = shape.Points.Max(point => LongAxis.Distance(point, axis.Apex)) + (2 * shape.Step);
        int steps = (int)Math.Ceiling(reach / step);
        return [.. Enumerable.Range(0, Discs).Select(disc =>
        {
            double squares = 0;
            for (int line = 0; line < Lines; line++)
            {
                double along = axis.Length * ((disc * Lines) + line + 0.5) / (Discs * Lines);
                double x = axis.Apex.X + (along * ux), y = axis.Apex.Y + (along * uy), width = 0;
                for (int i = -steps; i <= steps; i++)
                {
                    width += step * shape.At(x - (i * step * uy), y + (i * step * ux));
                }

                squares += width * width / Lines;
            }

            return Math.Sqrt(squares);
        })];
    }
}
