namespace EchoApex.Core.Phantoms;

/// <summary>The state of a heart at one moment of its beat.</summary>
/// <param name="Contraction">0 at end-diastole, 1 at end-systole.</param>
/// <param name="LengthFactor">Left ventricular length relative to end-diastole.</param>
/// <param name="WidthFactor">Left ventricular width relative to end-diastole.</param>
/// <param name="WallFactor">Wall thickness relative to end-diastole.</param>
/// <param name="MitralOpening">0 closed, 1 wide open; the tricuspid valve follows.</param>
/// <param name="AorticOpening">0 closed, 1 open.</param>
internal readonly record struct Beat(
    double Contraction, double LengthFactor, double WidthFactor, double WallFactor, double MitralOpening, double AorticOpening)
{
    private const double Systole = .38;
    private const double Relaxation = .45;

    /// <summary>The state of a heart at a phase of [0, 1), 0 being end-diastole.</summary>
    /// <remarks>The long axis shortens by .22 EF; the width follows so that the volume is exactly EDV (1 - EF contraction).</remarks>
    public static Beat At(double phase, double ejectionFraction)
    {
        double contraction = ContractionAt(phase);
        double ejected = ejectionFraction * contraction;
        double length = 1 - (.22 * ejected);
        return new Beat(
            contraction,
            length,
            Math.Sqrt((1 - ejected) / length),
            1 + (.9 * ejected),
            MitralAt(phase),
            Smooth(.02, .07, phase) * (1 - Smooth(.34, .4, phase)));
    }

    private static double ContractionAt(double phase)
    {
        if (phase < Systole)
        {
            double rise = Math.Sin(Math.PI / 2 * phase / Systole);
            return rise * rise;
        }

        double relaxed = (phase - Systole) / Relaxation;
        if (relaxed >= 1)
        {
            return 0;
        }

        double fall = Math.Cos(Math.PI / 2 * relaxed);
        return fall * fall;
    }

    // Two openings: early filling, then the atrial kick.
    private static double MitralAt(double phase)
    {
        double early = Math.Exp(-Math.Pow((phase - .55) / .08, 2));
        double atrial = .75 * Math.Exp(-Math.Pow((phase - .9) / .06, 2));
        return Math.Max(.35, Math.Max(early, atrial)) * Smooth(.41, .48, phase) * (1 - Smooth(.95, 1, phase));
    }

    private static double Smooth(double from, double to, double value)
    {
        double t = Math.Clamp((value - from) / (to - from), 0, 1);
        return t * t * (3 - (2 * t));
    }
}
