using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// The small irregularities of one left ventricle in one cut: how its axis winds and how its outer surface bulges, as tables
/// over the fraction q of the way from the apex to the valve plane. The axis moves both walls together and the outer surface
/// lies outside the cavity, so areas and volumes of the cavity stay exactly what they are.
/// </summary>
internal sealed class Outline
{
    private const int Steps = 128;

    private readonly float[] _axis = new float[Steps + 1];
    private readonly float[] _outerNegative = new float[Steps + 1];
    private readonly float[] _outerPositive = new float[Steps + 1];

    public Outline(HeartAnatomy heart, RandomStream random)
    {
        double second = random.Normal(0, .1) * heart.Scale;
        double third = random.Normal(0, .06) * heart.Scale;
        double[] bulge = [.. Enumerable.Range(0, 6).Select(_ => Math.Clamp(random.Normal(0, .028), -.05, .05))];
        for (int i = 0; i <= Steps; i++)
        {
            double q = (double)i / Steps;
            double turn = Math.PI * q;

            // Every term vanishes at the apex and at the valve plane, where landmarks lie.
            _axis[i] = (float)((4 * heart.Bend * q * (1 - q)) + (second * Math.Sin(2 * turn)) + (third * Math.Sin(3 * turn)));
            _outerNegative[i] = (float)(1 + (bulge[0] * Math.Sin(turn)) + (bulge[1] * Math.Sin(2 * turn)) + (bulge[2] * Math.Sin(4 * turn)));
            _outerPositive[i] = (float)(1 + (bulge[3] * Math.Sin(turn)) + (bulge[4] * Math.Sin(2 * turn)) + (bulge[5] * Math.Sin(4 * turn)));
        }
    }

    /// <summary>Displacement of the axis in cm; q is clamped to [0, 1].</summary>
    public float Axis(float q) => At(_axis, q);

    /// <summary>Factor of the outer half width on one side.</summary>
    public float Outer(float q, bool positive) => At(positive ? _outerPositive : _outerNegative, q);

    private static float At(float[] table, float q)
    {
        float position = Math.Clamp(q, 0, 1) * Steps;
        int index = Math.Min((int)position, Steps - 1);
        return table[index] + ((position - index) * (table[index + 1] - table[index]));
    }
}
