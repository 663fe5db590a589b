using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// One heart at end-diastole: sizes in cm. The left ventricle has elliptic cross-sections with half widths
/// <see cref="SeptalHalfWidth"/> (seen in the four-chamber view) and <see cref="AnteriorHalfWidth"/> (two-chamber).
/// </summary>
internal sealed class HeartAnatomy
{
    /// <summary>Draws a heart; everything is multiplied by <paramref name="scale"/>.</summary>
    public HeartAnatomy(RandomStream random, double scale)
    {
        double width = 2.25 * random.Uniform(.8, 1.25) * scale;
        double ellipticity = random.Uniform(.9, 1.1);
        SeptalHalfWidth = width * ellipticity;
        AnteriorHalfWidth = width / ellipticity;
        Length = 6.9 * random.Uniform(.88, 1.12) * scale;
        Wall = .9 * random.Uniform(.6, 1.4) * scale;
        EjectionFraction = random.Uniform(.2, .7);
        RightWidth = 2.7 * random.Uniform(.75, 1.3) * scale;
        RightWall = random.Uniform(.28, .5) * scale;
        LeftAtriumX = 2.05 * random.Uniform(.75, 1.25) * scale;
        LeftAtriumY = 2.2 * random.Uniform(.75, 1.25) * scale;
        RightAtriumX = 1.95 * random.Uniform(.75, 1.25) * scale;
        RightAtriumY = 2.1 * random.Uniform(.75, 1.25) * scale;
        AorticRadius = random.Uniform(1.0, 1.4) * scale;
        Bend = random.Normal(0, .18) * scale;
        Shear = random.Normal(0, .08);
        RightStart = random.Uniform(.14, .32);
        Jitter = [.. Enumerable.Range(0, 12).Select(_ => random.Normal(0, .15) * scale)];
        HeartRate = random.Uniform(52, 98);
        Scale = scale;
    }

    public double Scale { get; }
    public double SeptalHalfWidth { get; }
    public double AnteriorHalfWidth { get; }
    public double Length { get; }
    public double Wall { get; }
    public double EjectionFraction { get; }
    public double RightWidth { get; }
    public double RightWall { get; }
    public double LeftAtriumX { get; }
    public double LeftAtriumY { get; }
    public double RightAtriumX { get; }
    public double RightAtriumY { get; }
    public double AorticRadius { get; }

    /// <summary>Sideways bow of the long axis in the middle.</summary>
    public double Bend { get; }

    /// <summary>Slope of the valve plane.</summary>
    public double Shear { get; }

    /// <summary>Where the right ventricle's apex lies, as a fraction of the left one's length.</summary>
    public double RightStart { get; }

    /// <summary>Small displacements that scenes give to their landmarks.</summary>
    public IReadOnlyList<double> Jitter { get; }

    /// <summary>Beats per minute.</summary>
    public double HeartRate { get; }

    /// <summary>Left ventricular volume in ml (cm^3) at a contraction from 0 to 1.</summary>
    public double VolumeMl(double contraction) =>
        Math.PI * SeptalHalfWidth * AnteriorHalfWidth * Length * VentricleShape.SquareIntegral * (1 - (EjectionFraction * contraction));

    /// <summary>Half width of the cross-section in a direction, the angle measured from the septal-lateral one.</summary>
    public double HalfWidth(double angle)
    {
        double across = SeptalHalfWidth * Math.Sin(angle);
        double along = AnteriorHalfWidth * Math.Cos(angle);
        return SeptalHalfWidth * AnteriorHalfWidth / Math.Sqrt((across * across) + (along * along));
    }
}
