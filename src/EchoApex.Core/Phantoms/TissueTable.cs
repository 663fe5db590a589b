using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>Label and echo strength of each tissue of one clip.</summary>
internal sealed class TissueTable
{
    private const int Count = (int)Tissue.Liver + 1;

    /// <summary>Draws the clip's echo strengths.</summary>
    public TissueTable(NuisanceRanges ranges, RandomStream random)
    {
        double blood = ranges.BloodDb.Draw(random);
        double wall = ranges.WallDb.Draw(random);
        double outside = ranges.OutsideDb.Draw(random);
        double liver = random.Uniform(-20, -12);
        double bright = random.Uniform(3, 9);
        double leaflet = random.Uniform(-1, 5);
        for (int i = 0; i < Count; i++)
        {
            double level = (Tissue)i switch
            {
                Tissue.Outside => outside,
                Tissue.Myocardium or Tissue.Papillary or Tissue.RightVentricularWall => wall,
                Tissue.AtrialWall => wall - 1,
                Tissue.MitralLeaflet or Tissue.TricuspidLeaflet => wall + leaflet,
                Tissue.AorticWall => wall + (bright / 2),
                Tissue.Pericardium => wall + bright,
                Tissue.Liver => liver,
                _ => blood,
            };
            Amplitudes[i] = (float)Math.Pow(10, level / 20);
            IsBlood[i] = level == blood;
        }
    }

    /// <summary>Mean echo amplitude; 1 stands for 0 dB.</summary>
    public float[] Amplitudes { get; } = new float[Count];

    /// <summary>Whether a tissue is blood.</summary>
    public bool[] IsBlood { get; } = new bool[Count];

    /// <summary>The label of a tissue.</summary>
    public static PhantomLabel Label(Tissue tissue) => tissue switch
    {
        Tissue.LeftVentricle or Tissue.Papillary or Tissue.MitralLeaflet => PhantomLabel.LeftVentricle,
        Tissue.Myocardium => PhantomLabel.LeftVentricularMyocardium,
        Tissue.LeftAtrium => PhantomLabel.LeftAtrium,
        Tissue.RightVentricle or Tissue.TricuspidLeaflet => PhantomLabel.RightVentricle,
        Tissue.RightAtrium => PhantomLabel.RightAtrium,
        _ => PhantomLabel.Background,
    };

    /// <summary>The labels of all tissues, indexed by tissue.</summary>
    public static byte[] Labels() => [.. Enumerable.Range(0, Count).Select(i => (byte)Label((Tissue)i))];
}
