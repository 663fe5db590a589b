using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// The parasternal short axis at the papillary muscles: the left ventricle's ring around the origin, two papillary muscles,
/// and the right ventricle's crescent to its left.
/// </summary>
internal sealed class ShortAxisScene : HeartScene
{
    // The level of the cut, from the apex.
    private const float Level = .55f;
    private const float PericardiumThickness = .17f;

    private readonly HeartAnatomy _heart;
    private readonly double _leftPapillary, _rightPapillary, _papillaryRadius;

    private Ellipse _cavity, _wall, _right, _leftMuscle, _rightMuscle;

    public ShortAxisScene(HeartAnatomy heart, RandomStream random)
    {
        _heart = heart;
        _rightPapillary = random.Uniform(10, 45) * Math.PI / 180;
        _leftPapillary = random.Uniform(120, 160) * Math.PI / 180;
        _papillaryRadius = random.Uniform(.32, .52) * heart.Scale;
    }

    public override (double X, double Y) Pivot => (-.7, 0);

    public override double Depth => 6.6;

    public override IReadOnlyList<PhantomLabel> Labels =>
        [PhantomLabel.Background, PhantomLabel.LeftVentricle, PhantomLabel.LeftVentricularMyocardium, PhantomLabel.RightVentricle];

    public override void Set(in Beat beat)
    {
        double level = VentricleShape.At(Level);
        double x = _heart.SeptalHalfWidth * beat.WidthFactor * level;
        double y = _heart.AnteriorHalfWidth * beat.WidthFactor * level;
        double wall = _heart.Wall * beat.WallFactor;
        _cavity = new Ellipse(0, 0, x, y, wall);
        _wall = new Ellipse(0, 0, x + wall, y + wall, PericardiumThickness);

        double squeeze = 1 - (.35 * Math.Min(1, _heart.EjectionFraction / .6) * beat.Contraction);
        double rightWidth = _heart.RightWidth * .85 * squeeze;
        double rightX = ((x + wall) * .7) + (rightWidth / 2);
        double rightCentre = -(x + wall) - rightWidth + rightX;
        _right = new Ellipse(rightCentre, (-.3 * _heart.Scale) + (_heart.Jitter[6] * .7), rightX, (y + wall) * .98, _heart.RightWall);

        double twist = 7 * Math.PI / 180 * beat.Contraction;
        _rightMuscle = Muscle(_rightPapillary + twist, x, y);
        _leftMuscle = Muscle(_leftPapillary + twist, x, y);
    }

    public override void Classify(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<byte> tissues)
    {
        for (int i = 0; i < tissues.Length; i++)
        {
            tissues[i] = (byte)At(x[i], y[i]);
        }
    }

    public override IEnumerable<(string Name, double X, double Y)> Landmarks()
    {
        yield return ("lv_center", 0, 0);
    }

    private Ellipse Muscle(double angle, double x, double y) =>
        new(x * .68 * Math.Cos(angle), y * .68 * Math.Sin(angle), _papillaryRadius, _papillaryRadius, 0);

    private Tissue At(float x, float y)
    {
        if (_cavity.Contains(x, y))
        {
            return _rightMuscle.Contains(x, y) || _leftMuscle.Contains(x, y) ? Tissue.Papillary : Tissue.LeftVentricle;
        }

        return _wall.Contains(x, y) ? Tissue.Myocardium
            : _right.Contains(x, y) ? Tissue.RightVentricle
            : _right.WallContains(x, y) ? Tissue.RightVentricularWall
            : _wall.WallContains(x, y) ? Tissue.Pericardium
            : Tissue.Outside;
    }
}
