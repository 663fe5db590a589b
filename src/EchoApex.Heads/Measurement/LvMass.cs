namespace EchoApex.Heads.Measurement;

/// <summary>Left ventricular mass and geometry from end-diastolic lengths.</summary>
/// <remarks>
/// Formulas and limits: Lang et al., Recommendations for cardiac chamber quantification by echocardiography in adults (ASE and
/// EACVI), J Am Soc Echocardiogr 2015;28:1-39, section on left ventricular mass and its table of limits for the linear method.
/// The cube formula goes back to Devereux et al., Am J Cardiol 1986;57:450-458. Lengths are in mm here, in cm there.
/// </remarks>
public static class LvMass
{
    /// <summary>Relative wall thickness above which walls are thick for their cavity.</summary>
    public const double RelativeWallThicknessLimit = 0.42;

    /// <summary>Upper limit of the mass index in g/m² for women, linear method.</summary>
    public const double MassIndexLimitFemale = 95;

    /// <summary>Upper limit of the mass index in g/m² for men, linear method.</summary>
    public const double MassIndexLimitMale = 115;

    /// <summary>Mass in g: 0.8 x 1.04 x [(IVSd + LVIDd + PWd)^3 - LVIDd^3] + 0.6, lengths in cm.</summary>
    /// <param name="ivsdMm">Septum at end-diastole in mm.</param>
    /// <param name="lviddMm">Internal diameter at end-diastole in mm.</param>
    /// <param name="lvpwdMm">Posterior wall at end-diastole in mm.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length is not positive.</exception>
    public static double Grams(double ivsdMm, double lviddMm, double lvpwdMm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ivsdMm);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lviddMm);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lvpwdMm);
        double outer = (ivsdMm + lviddMm + lvpwdMm) / 10, inner = lviddMm / 10;
        return (0.8 * 1.04 * ((outer * outer * outer) - (inner * inner * inner))) + 0.6;
    }

    /// <summary>Relative wall thickness, 2 PWd / LVIDd.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is not positive.</exception>
    public static double RelativeWallThickness(double lviddMm, double lvpwdMm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lviddMm);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lvpwdMm);
        return 2 * lvpwdMm / lviddMm;
    }

    /// <summary>Mass index in g/m².</summary>
    /// <param name="grams">Mass in g.</param>
    /// <param name="bodySurfaceAreaM2">Body surface area in m².</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not positive.</exception>
    public static double Index(double grams, double bodySurfaceAreaM2)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(grams);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bodySurfaceAreaM2);
        return grams / bodySurfaceAreaM2;
    }

    /// <summary>Body surface area in m² after Du Bois and Du Bois (1916): 0.007184 x height^0.725 x weight^0.425.</summary>
    /// <param name="heightCm">Height in cm.</param>
    /// <param name="weightKg">Weight in kg.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not positive.</exception>
    public static double BodySurfaceAreaM2(double heightCm, double weightKg)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heightCm);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weightKg);
        return 0.007184 * Math.Pow(heightCm, 0.725) * Math.Pow(weightKg, 0.425);
    }

    /// <summary>The pattern of geometry from mass index and relative wall thickness; a value at its limit is within it.</summary>
    /// <param name="massIndex">Mass index in g/m², linear method.</param>
    /// <param name="relativeWallThickness">Relative wall thickness.</param>
    /// <param name="sex">Whose limits apply.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not positive.</exception>
    public static LvGeometryClass Classify(double massIndex, double relativeWallThickness, Sex sex)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(massIndex);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(relativeWallThickness);
        bool heavy = massIndex > (sex == Sex.Female ? MassIndexLimitFemale : MassIndexLimitMale);
        bool thick = relativeWallThickness > RelativeWallThicknessLimit;
        return (heavy, thick) switch
        {
            (false, false) => LvGeometryClass.Normal,
            (false, true) => LvGeometryClass.ConcentricRemodeling,
            (true, true) => LvGeometryClass.ConcentricHypertrophy,
            (true, false) => LvGeometryClass.EccentricHypertrophy,
        };
    }
}
