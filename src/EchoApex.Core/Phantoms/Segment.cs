namespace EchoApex.Core.Phantoms;

/// <summary>A thick line from one point to another, in cm: a leaflet, a band.</summary>
internal readonly struct Segment
{
    private readonly float _x, _y, _dx, _dy, _inverseSquare, _thicknessSquare;

    public Segment(double x0, double y0, double x1, double y1, double halfThickness)
    {
        (_x, _y) = ((float)x0, (float)y0);
        (_dx, _dy) = ((float)(x1 - x0), (float)(y1 - y0));
        _inverseSquare = 1 / Math.Max((_dx * _dx) + (_dy * _dy), 1e-6f);
        _thicknessSquare = (float)(halfThickness * halfThickness);
    }

    public bool Contains(float x, float y)
    {
        float px = x - _x;
        float py = y - _y;
        float t = Math.Clamp(((px * _dx) + (py * _dy)) * _inverseSquare, 0, 1);
        px -= t * _dx;
        py -= t * _dy;
        return (px * px) + (py * py) < _thicknessSquare;
    }
}
