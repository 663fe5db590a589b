using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// The apical views and, turned, the subcostal four-chamber view. The left ventricle's apex is the origin, its long axis
/// runs along y; the right heart lies at negative x, as it is displayed.
/// </summary>
internal sealed class ApicalScene : HeartScene
{
    private const float PericardiumThickness = .16f;
    private const double AtrialWallThickness = .28;

    private readonly PhantomView _view;
    private readonly HeartAnatomy _heart;
    private readonly bool _rightHeart;
    private readonly bool _aorta;
    private readonly bool _liver;
    private readonly bool _hasPapillary;
    private readonly bool _hasModeratorBand;
    private readonly double _rotation;
    private readonly float _shear;
    private readonly Outline _outline;
    private readonly float _liverEdge;

    private float _length, _inverseLength, _width, _outerWidth, _apexWall, _inverseOuterLength;
    private float _rightTop, _rightInverse, _rightWidth, _rightWall, _rightOuterTop, _rightOuterInverse;
    private float _aortaX, _aortaRadius, _leafletTop;
    private double _mitralSeptal, _mitralLateral;
    private Ellipse _leftAtrium, _rightAtrium, _coronarySinus;
    private Segment _septalLeaflet, _lateralLeaflet, _tricuspidSeptal, _tricuspidLateral, _aorticLeft, _aorticRight, _papillary, _band;

    public ApicalScene(PhantomView view, HeartAnatomy heart, RandomStream random)
    {
        (_view, _heart) = (view, heart);
        _rightHeart = view != PhantomView.A2C;
        _aorta = view == PhantomView.A5C;
        _liver = view == PhantomView.SC4C;
        _shear = (float)heart.Shear;
        _outline = new Outline(heart, random);
        _hasPapillary = random.NextBoolean(.6);
        _hasModeratorBand = random.NextBoolean(.5);
        _rotation = _liver ? random.Uniform(55, 80) * Math.PI / 180 : 0;
        _liverEdge = (float)-(heart.SeptalHalfWidth + heart.Wall + heart.RightWidth + heart.RightWall + random.Uniform(-.1, .5));
    }

    public override (double X, double Y) Pivot => _liver ? (-1 * _heart.Scale, 4.5 * _heart.Scale) : (_rightHeart ? -1.3 * _heart.Scale : 0, 5);

    public override double Depth => _liver ? 8.3 : 7.1;

    public override double Rotation => _rotation;

    public override IReadOnlyList<PhantomLabel> Labels =>
        _rightHeart
            ? Enum.GetValues<PhantomLabel>()
            : [PhantomLabel.Background, PhantomLabel.LeftVentricle, PhantomLabel.LeftVentricularMyocardium, PhantomLabel.LeftAtrium];

    public override void Set(in Beat beat)
    {
        double length = _heart.Length * beat.LengthFactor;
        double width = (_rightHeart ? _heart.SeptalHalfWidth : _heart.AnteriorHalfWidth) * beat.WidthFactor;
        double wall = _heart.Wall * beat.WallFactor;
        (_length, _inverseLength, _width) = ((float)length, (float)(1 / length), (float)width);
        _outerWidth = (float)(width + wall);
        _apexWall = (float)(wall * .75);
        _inverseOuterLength = 1 / (_length + _apexWall);
        SetRightHeart(beat, length, width + wall);
        SetMitralValve(beat, length, width);
        SetAtria(beat, length, width);
        double waist = width * VentricleShape.At(.45f);
        _papillary = new Segment(waist * 1.02, length * .42, waist * .72, length * .62, .22 * _heart.Scale);
    }

    public override void Classify(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<byte> tissues)
    {
        for (int i = 0; i < tissues.Length; i++)
        {
            tissues[i] = (byte)At(x[i], y[i] - (_shear * x[i]));
        }
    }

    public override IEnumerable<(string Name, double X, double Y)> Landmarks()
    {
        string[] ends = _rightHeart ? ["septal", "lateral"] : ["inferior", "anterior"];
        yield return ("mitral_annulus_" + ends[0], _mitralSeptal, _length + (_shear * _mitralSeptal));
        yield return ("mitral_annulus_" + ends[1], _mitralLateral, _length + (_shear * _mitralLateral));
        yield return ("apex", 0, 0);
    }

    private void SetRightHeart(in Beat beat, double length, double septum)
    {
        double squeeze = 1 - (.4 * Math.Min(1, _heart.EjectionFraction / .6) * beat.Contraction);
        double top = _heart.RightStart * _heart.Length;
        double reach = (length * .99) - top;
        (_rightTop, _rightInverse) = ((float)top, (float)(1 / reach));
        (_rightWidth, _rightWall) = ((float)(_heart.RightWidth * squeeze), (float)_heart.RightWall);
        _rightOuterTop = _rightTop - _rightWall;
        _rightOuterInverse = (float)(1 / (reach + _heart.RightWall));

        double inner = -septum * VentricleShape.At(1);
        double outer = inner - (_rightWidth * VentricleShape.At(1));
        double middle = (inner + outer) / 2;
        double reachOfLeaflet = (inner - outer) * .5;
        double open = beat.MitralOpening;
        double tipY = length - Lerp(.3, reachOfLeaflet * 1.1, open);
        _tricuspidSeptal = new Segment(inner, length, Lerp(middle + .05, inner - (.2 * reachOfLeaflet), open), tipY, .1);
        _tricuspidLateral = new Segment(outer, length, Lerp(middle - .05, outer + (.25 * reachOfLeaflet), open), tipY, .1);
        double bandY = top + (reach * .42);
        double bandX = -septum * VentricleShape.At((float)(bandY * _inverseLength));
        _band = new Segment(bandX, bandY, bandX - (_rightWidth * .95), bandY - (.35 * _heart.Scale), .13);
    }

    private void SetMitralValve(in Beat beat, double length, double width)
    {
        double end = width * VentricleShape.At(1);
        _aortaRadius = (float)(_heart.AorticRadius * .95);
        _aortaX = (float)-((.55 * width) + .1);
        (_mitralSeptal, _mitralLateral) = (_aorta ? _aortaX + _aortaRadius : -end, end);
        double span = _mitralLateral - _mitralSeptal;
        double reach = Math.Min(span * .52, 2.1);
        double coaptation = _mitralSeptal + (span * .58);
        double open = beat.MitralOpening;
        _septalLeaflet = new Segment(
            _mitralSeptal, length, Lerp(coaptation, _mitralSeptal + (.22 * span), open), length - Lerp(.35, reach * 1.15, open), .11);
        _lateralLeaflet = new Segment(
            _mitralLateral, length, Lerp(coaptation, _mitralLateral - (.18 * span), open), length - Lerp(.35, reach * .8, open), .11);
        _leafletTop = (float)(length - Math.Max(reach * 1.3, 1));

        double gate = length + .45;
        double side = Lerp(0, _aortaRadius * .9, beat.AorticOpening);
        double rise = Lerp(.3, .8, beat.AorticOpening);
        _aorticLeft = new Segment(_aortaX - _aortaRadius, gate, _aortaX - side, gate + rise, .08);
        _aorticRight = new Segment(_aortaX + _aortaRadius, gate, _aortaX + side, gate + rise, .08);
    }

    private void SetAtria(in Beat beat, double length, double width)
    {
        double fill = beat.Contraction;
        double leftX = _heart.LeftAtriumX * (1 + (.1 * fill)) * (_aorta ? .82 : 1);
        double leftY = _heart.LeftAtriumY * (1 + (.18 * fill));
        double centre = ((_mitralSeptal + _mitralLateral) / 2) + (_heart.Jitter[0] * .7) + (_aorta ? .25 : 0);
        _leftAtrium = new Ellipse(centre, length + (.62 * leftY), leftX, leftY, AtrialWallThickness);
        double rightX = _heart.RightAtriumX * (1 + (.08 * fill)) * (_aorta ? .85 : 1);
        double rightY = _heart.RightAtriumY * (1 + (.12 * fill));
        double rightCentre = -(_outerWidth * VentricleShape.At(1)) - (_rightWidth * .42) - (_aorta ? .75 : 0) + (_heart.Jitter[1] * .7);

        // The atria share a septum: the right one ends where the left one begins.
        rightCentre = Math.Min(rightCentre, centre - leftX - rightX - .2);
        _rightAtrium = new Ellipse(rightCentre, length + (.6 * rightY), rightX, rightY, AtrialWallThickness);
        _coronarySinus = new Ellipse(-width - .35, length + .45, .38 * _heart.Scale, .38 * _heart.Scale, .12);
    }

    private Tissue At(float x, float y) => y < _length ? Ventricles(x, y) : Base(x, y);

    private Tissue Ventricles(float x, float y)
    {
        if (y <= -_apexWall - PericardiumThickness)
        {
            return Surroundings(x);
        }

        float q = y * _inverseLength;
        float fromAxis = x - _outline.Axis(q);
        float distance = Math.Abs(fromAxis);
        if (y > 0 && distance < _width * VentricleShape.At(q))
        {
            return y > _leafletTop && (_septalLeaflet.Contains(x, y) || _lateralLeaflet.Contains(x, y)) ? Tissue.MitralLeaflet
                : _hasPapillary && _papillary.Contains(x, y) ? Tissue.Papillary
                : Tissue.LeftVentricle;
        }

        float outer = _outerWidth * VentricleShape.At((y + _apexWall) * _inverseOuterLength) * _outline.Outer(q, fromAxis > 0);
        if (distance < outer)
        {
            return Tissue.Myocardium;
        }

        if (_rightHeart && fromAxis < 0)
        {
            return RightVentricle(x, y, distance - outer);
        }

        return distance < outer + PericardiumThickness ? Tissue.Pericardium : Surroundings(x);
    }

    private Tissue RightVentricle(float x, float y, float beyondSeptum)
    {
        if (beyondSeptum < _rightWidth * VentricleShape.At((y - _rightTop) * _rightInverse))
        {
            return (y > _leafletTop && (_tricuspidSeptal.Contains(x, y) || _tricuspidLateral.Contains(x, y)))
                || (_hasModeratorBand && _band.Contains(x, y))
                ? Tissue.TricuspidLeaflet
                : Tissue.RightVentricle;
        }

        float outer = (_rightWidth + _rightWall) * VentricleShape.At((y - _rightOuterTop) * _rightOuterInverse);
        return beyondSeptum < outer ? Tissue.RightVentricularWall
            : beyondSeptum < outer + (PericardiumThickness * .7f) ? Tissue.Pericardium
            : Surroundings(x);
    }

    private Tissue Base(float x, float y)
    {
        if (_aorta && y < _length + 4.2f)
        {
            float across = Math.Abs(x - _aortaX + (.1f * (y - _length)));
            if (across < _aortaRadius)
            {
                return _aorticLeft.Contains(x, y) || _aorticRight.Contains(x, y) ? Tissue.AorticWall : Tissue.Aorta;
            }

            if (across < _aortaRadius + .22f)
            {
                return Tissue.AorticWall;
            }
        }

        if (_leftAtrium.Contains(x, y))
        {
            return Tissue.LeftAtrium;
        }

        if (_rightHeart)
        {
            if (_rightAtrium.Contains(x, y))
            {
                return Tissue.RightAtrium;
            }

            if (_rightAtrium.WallContains(x, y))
            {
                return Tissue.AtrialWall;
            }
        }
        else if (_coronarySinus.Contains(x, y))
        {
            return Tissue.Aorta;
        }

        // The fibrous ring under the ventricles closes the gap between wall and atria.
        return _leftAtrium.WallContains(x, y) || (y < _length + .3f && Math.Abs(x) < _outerWidth * .84f) ? Tissue.AtrialWall : Surroundings(x);
    }

    private Tissue Surroundings(float x) => _liver && x < _liverEdge ? Tissue.Liver : Tissue.Outside;

    private static double Lerp(double from, double to, double t) => from + ((to - from) * t);
}
