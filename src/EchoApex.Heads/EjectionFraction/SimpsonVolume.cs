using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>
/// Left ventricular volumes by the modified Simpson's rule (method of discs): Lang et al., J Am Soc Echocardiogr 2015;28:1-39.
/// </summary>
/// <remarks>
/// Single plane takes each disc as a circle, biplane as an ellipse with a diameter from either view and the longer of the two
/// axes as height, which recovers best what foreshortening loses. With oblong pixels give the spacing; see <see cref="LvTrace.FromMask"/>.
/// </remarks>
public static class SimpsonVolume
{
    private const double CubicMmAMillilitre = 1000;

    /// <summary>Volume in ml from one apical view (A4C or A2C).</summary>
    /// <exception cref="MeasurementRefusedException">The trace has no physical size.</exception>
    public static double SinglePlaneMl(LvTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ThrowWithoutSize(trace);
        return Sum(trace, trace, trace.Length) / CubicMmAMillilitre;
    }

    /// <summary>Volume in ml from both apical views.</summary>
    /// <param name="fourChamber">The trace in A4C.</param>
    /// <param name="twoChamber">The trace in A2C, at the same phase of the beat.</param>
    /// <exception cref="MeasurementRefusedException">A trace has no physical size.</exception>
    public static double BiplaneMl(LvTrace fourChamber, LvTrace twoChamber)
    {
        ArgumentNullException.ThrowIfNull(fourChamber);
        ArgumentNullException.ThrowIfNull(twoChamber);
        ThrowWithoutSize(fourChamber);
        ThrowWithoutSize(twoChamber);
        return Sum(fourChamber, twoChamber, Math.Max(fourChamber.Length, twoChamber.Length)) / CubicMmAMillilitre;
    }

    /// <summary>How far the long axes of two views differ, as a share of the longer: above 0.1 one view is probably foreshortened (ASE 2015).</summary>
    /// <exception cref="MeasurementRefusedException">A trace has no physical size.</exception>
    public static double LengthDisagreement(LvTrace fourChamber, LvTrace twoChamber)
    {
        ArgumentNullException.ThrowIfNull(fourChamber);
        ArgumentNullException.ThrowIfNull(twoChamber);
        ThrowWithoutSize(fourChamber);
        ThrowWithoutSize(twoChamber);
        return Math.Abs(fourChamber.Length - twoChamber.Length) / Math.Max(fourChamber.Length, twoChamber.Length);
    }

    /// <summary>Ejection fraction in percent from two volumes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The end-diastolic volume is not positive, or the end-systolic one negative.</exception>
    public static double EjectionFractionPercent(double endDiastolicMl, double endSystolicMl)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(endDiastolicMl);
        ArgumentOutOfRangeException.ThrowIfNegative(endSystolicMl);
        return 100 * (endDiastolicMl - endSystolicMl) / endDiastolicMl;
    }

    /// <summary>Ejection fraction in percent from one view at both phases; needs no physical size.</summary>
    /// <param name="endDiastole">The trace at end diastole.</param>
    /// <param name="endSystole">The trace of the same clip at end systole.</param>
    /// <exception cref="ArgumentException">One trace has a physical size, the other none.</exception>
    public static double EjectionFractionPercent(LvTrace endDiastole, LvTrace endSystole)
    {
        ArgumentNullException.ThrowIfNull(endDiastole);
        ArgumentNullException.ThrowIfNull(endSystole);
        return endDiastole.HasPhysicalSize == endSystole.HasPhysicalSize
            ? EjectionFractionPercent(Sum(endDiastole, endDiastole, endDiastole.Length), Sum(endSystole, endSystole, endSystole.Length))
            : throw new ArgumentException("One trace is in mm, the other in pixels: trace both with the same spacing.", nameof(endSystole));
    }

    private static double Sum(LvTrace first, LvTrace second, double length) =>
        Math.PI / 4 * length / LvTrace.Discs * first.Diameters.Zip(second.Diameters, (a, b) => a * b).Sum();

    private static void ThrowWithoutSize(LvTrace trace)
    {
        if (!trace.HasPhysicalSize)
        {
            throw new MeasurementRefusedException(
                MeasurementRefusal.NoPixelSpacing,
                "The ventricle was traced in pixels: there is no volume in ml. Give the pixel spacing; the ejection fraction can be had without it.");
        }
    }
}
