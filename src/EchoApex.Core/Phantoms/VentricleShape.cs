namespace EchoApex.Core.Phantoms;

/// <summary>
/// The bullet that ventricles have along their long axis: half width g(q), 1 at its widest, for q from the apex (0) to the
/// valve plane (1). An ellipse up to q = .7, then a slight taper.
/// </summary>
internal static class VentricleShape
{
    private const int Steps = 512;
    private static readonly float[] Table = MakeTable();

    /// <summary>Integral of g squared over q: a ventricle with half widths a and b and length l holds pi a b l times this.</summary>
    public static double SquareIntegral { get; } = IntegrateSquare();

    /// <summary>g(q) from a table; 0 outside [0, 1].</summary>
    public static float At(float q)
    {
        if (!(q > 0 && q <= 1))
        {
            return 0;
        }

        // The square root starts steeply: the table runs over sqrt(q), where the shape is nearly linear.
        float position = MathF.Sqrt(q) * Steps;
        int index = Math.Min((int)position, Steps - 1);
        float fraction = position - index;
        return Table[index] + (fraction * (Table[index + 1] - Table[index]));
    }

    private static double Exact(double q)
    {
        double rise = 1 - Math.Min(q / .7, 1);
        return Math.Sqrt(1 - (rise * rise)) * (1 - (.18 * Math.Max(0, (q - .7) / .3)));
    }

    private static float[] MakeTable()
    {
        float[] table = new float[Steps + 1];
        for (int i = 0; i <= Steps; i++)
        {
            double root = (double)i / Steps;
            table[i] = (float)Exact(root * root);
        }

        return table;
    }

    // Closed form: an ellipse's part is .7 (1 - 1/3), the taper's .3 (1 - .18 + .18^2 / 3).
    private static double IntegrateSquare() => (.7 * 2 / 3) + (.3 * (1 - .18 + (.18 * .18 / 3)));
}
