using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// The parasternal long axis: the left ventricle lies along x with its apex to the left; the mitral plane at end-diastole is x = 0.
/// Right ventricle above, aortic root above right, left atrium below right, descending aorta behind.
/// </summary>
internal sealed class LongAxisScene : HeartScene
{
    // The cut runs from the anterior septum to the posterior wall, 60 degrees from the four-chamber plane.
    private const double CutAngle = Math.PI / 3;

    // The level, from the apex, at which diameters are measured: just below the tips of the mitral leaflets.
    private const float MeasuredLevel = .72f;
    private const float AorticWallThickness = .24f;

    private readonly HeartAnatomy _heart;
    private readonly Outline _outline;
    private readonly float _apexX, _aortaRadius, _aortaY, _aortaSlope;

    private float _shift, _length, _inverseLength, _width, _outerWidth, _apexWall, _inverseOuterLength, _rightHeight, _rightWall;
    private Ellipse _leftAtrium, _descendingAorta;
    private Segment _anteriorLeaflet, _posteriorLeaflet, _aorticUpper, _aorticLower;

    public LongAxisScene(HeartAnatomy heart, RandomStream random)
    {
        _heart = heart;
        _apexX = (float)-heart.Length;
        _outline = new Outline(heart, random);
        _aortaRadius = (float)heart.AorticRadius;
        _aortaY = (float)(-(.42 * heart.HalfWidth(CutAngle)) + (heart.Jitter[2] * .7));
        _aortaSlope = (float)(.2 + (heart.Jitter[3] * .5));
    }

    public override (double X, double Y) Pivot => (-1.4, 0);

    public override double Depth => 6.9;

    public override IReadOnlyList<PhantomLabel> Labels =>
        [PhantomLabel.Background, PhantomLabel.LeftVentricle, PhantomLabel.LeftVentricularMyocardium, PhantomLabel.LeftAtrium, PhantomLabel.RightVentricle];

    public override void Set(in Beat beat)
    {
        double length = _heart.Length * beat.LengthFactor;
        double width = _heart.HalfWidth(CutAngle) * beat.WidthFactor;
        double wall = _heart.Wall * beat.WallFactor;
        _shift = (float)(length - _heart.Length);
        (_length, _inverseLength, _width) = ((float)length, (float)(1 / length), (float)width);
        (_outerWidth, _apexWall) = ((float)(width + wall), (float)(wall * .75));
        _inverseOuterLength = 1 / (_length + _apexWall);
        _rightHeight = (float)(_heart.RightWidth * .72 * (1 - (.25 * beat.Contraction)));
        _rightWall = (float)(_heart.RightWall * 1.2);
        SetValves(beat, width);

        double fill = beat.Contraction;
        double atriumX = _heart.LeftAtriumX * (1 + (.08 * fill));
        double atriumY = _heart.LeftAtriumY * .85 * (1 + (.16 * fill));
        _leftAtrium = new Ellipse((atriumX * .8) + _shift, _aortaY + _aortaRadius + AorticWallThickness + (atriumY * .78), atriumX, atriumY, .28);
        double descending = .95 * _heart.Scale;
        _descendingAorta = new Ellipse(.6 + _heart.Jitter[4], _heart.HalfWidth(CutAngle) + _heart.Wall + 1.75 + (2 * _heart.Jitter[5]), descending, descending * .92, .16);
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
        double x = _apexX + (MeasuredLevel * _length);
        double axis = _outline.Axis(MeasuredLevel);
        double inner = _width * VentricleShape.At(MeasuredLevel);
        double outer = _outerWidth * VentricleShape.At(((MeasuredLevel * _length) + _apexWall) * _inverseOuterLength);
        yield return ("ivs_start", x, axis - (outer * _outline.Outer(MeasuredLevel, false)));
        yield return ("ivs_end", x, axis - inner);
        yield return ("lvid_start", x, axis - inner);
        yield return ("lvid_end", x, axis + inner);
        yield return ("lvpw_start", x, axis + inner);
        yield return ("lvpw_end", x, axis + (outer * _outline.Outer(MeasuredLevel, true)));
    }

    private void SetValves(in Beat beat, double width)
    {
        double hinge = _aortaY + _aortaRadius;
        double back = width * VentricleShape.At(1);
        double open = beat.MitralOpening;
        double meeting = hinge + ((back - hinge) * .55);
        _anteriorLeaflet = new Segment(_shift, hinge, _shift - Lerp(.75, 2.0, open), Lerp(meeting, -.3 * width, open), .11);
        _posteriorLeaflet = new Segment(_shift, back, _shift - Lerp(.75, 1.0, open), Lerp(meeting, back * .85, open), .11);

        double gate = .55 + _shift;
        double centre = _aortaY - (_aortaSlope * .55);
        double side = Lerp(0, _aortaRadius * .88, beat.AorticOpening);
        _aorticUpper = new Segment(gate, centre - _aortaRadius, gate + .8, centre - side, .08);
        _aorticLower = new Segment(gate, centre + _aortaRadius, gate + .8, centre + side, .08);
    }

    private Tissue At(float x, float y) => x < _shift ? Ventricle(x, y) : Base(x, y, x - _shift);

    private Tissue Ventricle(float x, float y)
    {
        float along = x - _apexX;
        float q = along * _inverseLength;
        float fromAxis = y - _outline.Axis(q);
        float distance = Math.Abs(fromAxis);
        if (along > 0 && distance < _width * VentricleShape.At(q))
        {
            return x > _shift - 2.3f && (_anteriorLeaflet.Contains(x, y) || _posteriorLeaflet.Contains(x, y)) ? Tissue.MitralLeaflet : Tissue.LeftVentricle;
        }

        float outer = _outerWidth * VentricleShape.At((along + _apexWall) * _inverseOuterLength) * _outline.Outer(q, fromAxis > 0);
        if (distance < outer)
        {
            return Tissue.Myocardium;
        }

        return fromAxis < 0 ? RightVentricle(x, distance - outer)
            : distance < outer + .18f && along > 0 ? Tissue.Pericardium
            : _descendingAorta.Contains(x, y) ? Tissue.Aorta
            : _descendingAorta.WallContains(x, y) ? Tissue.AorticWall
            : Tissue.Outside;
    }

    // The right ventricle tapers towards the apex and thins out over the aorta.
    private Tissue RightVentricle(float x, float above)
    {
        float taper = Math.Clamp((x - _apexX - 1.2f) * .3f, 0, 1);
        float height = _rightHeight * taper * (2 - taper) * (1 - (.12f * Math.Clamp(x - _shift - 1, 0, 4)));
        return above < height ? Tissue.RightVentricle
            : above < height + (_rightWall * (taper > 0 ? 1 : 0)) ? Tissue.RightVentricularWall
            : Tissue.Outside;
    }

    private Tissue Base(float x, float y, float beyond)
    {
        float across = y - _aortaY + (_aortaSlope * beyond);
        float distance = Math.Abs(across);
        if (distance < _aortaRadius)
        {
            return _aorticUpper.Contains(x, y) || _aorticLower.Contains(x, y) ? Tissue.AorticWall : Tissue.Aorta;
        }

        if (distance < _aortaRadius + AorticWallThickness)
        {
            return Tissue.AorticWall;
        }

        if (across < 0)
        {
            return RightVentricle(x, distance - _aortaRadius - AorticWallThickness);
        }

        return _leftAtrium.Contains(x, y) ? Tissue.LeftAtrium
            : _leftAtrium.WallContains(x, y) || (beyond < .3f && y < _outerWidth * .84f) ? Tissue.AtrialWall
            : _descendingAorta.Contains(x, y) ? Tissue.Aorta
            : _descendingAorta.WallContains(x, y) ? Tissue.AorticWall
            : Tissue.Outside;
    }

    private static double Lerp(double from, double to, double t) => from + ((to - from) * t);
}
