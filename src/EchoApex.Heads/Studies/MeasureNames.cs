namespace EchoApex.Heads.Studies;

/// <summary>The names of the values of a study. They are stable: other programs look for them.</summary>
public static class MeasureNames
{
    /// <summary>Ejection fraction by regression from the A4C clip, %.</summary>
    public const string EfRegression = "lv_ef_regression";

    /// <summary>Ejection fraction by the biplane method of discs, %.</summary>
    public const string EfBiplane = "lv_ef_biplane";

    /// <summary>End-diastolic volume, biplane, mL.</summary>
    public const string EdvBiplane = "lv_edv_biplane";

    /// <summary>End-systolic volume, biplane, mL.</summary>
    public const string EsvBiplane = "lv_esv_biplane";

    /// <summary>Ejection fraction, method of discs in A4C, %.</summary>
    public const string EfA4c = "lv_ef_a4c";

    /// <summary>End-diastolic volume, method of discs in A4C, mL.</summary>
    public const string EdvA4c = "lv_edv_a4c";

    /// <summary>End-systolic volume, method of discs in A4C, mL.</summary>
    public const string EsvA4c = "lv_esv_a4c";

    /// <summary>Ejection fraction, method of discs in A2C, %.</summary>
    public const string EfA2c = "lv_ef_a2c";

    /// <summary>End-diastolic volume, method of discs in A2C, mL.</summary>
    public const string EdvA2c = "lv_edv_a2c";

    /// <summary>End-systolic volume, method of discs in A2C, mL.</summary>
    public const string EsvA2c = "lv_esv_a2c";

    /// <summary>Stroke volume, mL.</summary>
    public const string StrokeVolume = "stroke_volume";

    /// <summary>Cardiac output, L/min.</summary>
    public const string CardiacOutput = "cardiac_output";

    /// <summary>Heart rate, /min.</summary>
    public const string HeartRate = "heart_rate";

    /// <summary>Length of the left ventricle at end diastole, mm.</summary>
    public const string LvLengthD = "lv_length_d";

    /// <summary>Length of the left ventricle at end systole, mm.</summary>
    public const string LvLengthS = "lv_length_s";

    /// <summary>Area of the left ventricle at end diastole, cm2.</summary>
    public const string LvAreaD = "lv_area_d";

    /// <summary>Area of the left ventricle at end systole, cm2.</summary>
    public const string LvAreaS = "lv_area_s";

    /// <summary>Fractional area change, %.</summary>
    public const string FractionalAreaChange = "lv_fac";

    /// <summary>Area of the left atrium at end systole in A4C, cm2.</summary>
    public const string LaAreaA4c = "la_area_a4c";

    /// <summary>Septum at end diastole, mm.</summary>
    public const string IvsD = "ivs_d";

    /// <summary>Internal diameter at end diastole, mm.</summary>
    public const string LvidD = "lvid_d";

    /// <summary>Posterior wall at end diastole, mm.</summary>
    public const string LvpwD = "lvpw_d";

    /// <summary>Septum at end systole, mm.</summary>
    public const string IvsS = "ivs_s";

    /// <summary>Internal diameter at end systole, mm.</summary>
    public const string LvidS = "lvid_s";

    /// <summary>Posterior wall at end systole, mm.</summary>
    public const string LvpwS = "lvpw_s";

    /// <summary>Fractional shortening, %.</summary>
    public const string FractionalShortening = "fractional_shortening";

    /// <summary>Mass by the cube formula, g.</summary>
    public const string LvMass = "lv_mass";

    /// <summary>Mass by body surface area, g/m2; needs <see cref="StudyOptions.BodySurfaceAreaM2"/>.</summary>
    public const string LvMassIndex = "lv_mass_index";

    /// <summary>Relative wall thickness, 1.</summary>
    public const string RelativeWallThickness = "relative_wall_thickness";
}
